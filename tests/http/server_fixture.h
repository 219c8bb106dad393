#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "http/raw_client.h"
#include "http/server.h"

namespace tocsin::http {

/// A running server with a few routes: /hello, /echo (method, path, parameters, body),
/// /label/{name}, /stream (a body in pieces), /large (a compressible body).
class ServerTest : public ::testing::Test {
 protected:
  static ServerOptions Options();
  static std::shared_ptr<Router> Routes();

  void Start(const ServerOptions& options, std::shared_ptr<const Router> router = Routes());
  uint16_t port() const { return server_->ports().at(0); }

  SystemClock clock_;
  NullLogger logger_;
  std::unique_ptr<Server> server_ = MakeServer(clock_, logger_);
};

}  // namespace tocsin::http

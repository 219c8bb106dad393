#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "http/router.h"
#include "http/url.h"
#include "web/api_routes.h"

namespace tocsin::web {

/// Routes without a socket: asks a router and returns what it answered.
class ApiTestServer {
 public:
  http::Router& router() { return router_; }

  http::Response Ask(std::string_view method, std::string_view target,
                     http::Fields headers = {}) const {
    http::Request request;
    request.method = method;
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) {
      request.raw_query = target.substr(question + 1);
      const Status status = http::DecodeForm(request.raw_query, request.parameters);
      if (!status) request.parameter_error = status.error().message();
    }
    request.headers = std::move(headers);
    http::Response response;
    router_.Dispatch(request, response);
    return response;
  }
  http::Response Get(std::string_view target) const { return Ask("GET", target); }
  http::Response Post(std::string_view target) const { return Ask("POST", target); }

 private:
  http::Router router_;
};

/// The envelope around `data`.
inline std::string Success(std::string_view data) {
  return "{\"status\":\"success\",\"data\":" + std::string(data) + "}";
}

inline std::string BadData(std::string_view escaped_error) {
  return "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" +
         std::string(escaped_error) + "\"}";
}

}  // namespace tocsin::web

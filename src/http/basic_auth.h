#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/mutex.h"
#include "http/web_config.h"

namespace tocsin::http {

/// The user and password of an `Authorization: Basic …` header; nothing when it is none.
std::optional<std::pair<std::string, std::string>> ParseBasicAuthorization(std::string_view header);
/// The header's value for `user` and `password`.
std::string MakeBasicAuthorization(std::string_view user, std::string_view password);

/// Checks passwords against bcrypt hashes. bcrypt is meant to be slow, so accepted pairs are
/// remembered, one check runs at a time, and an unknown user costs as much as a known one.
/// Thread-safe.
class BasicAuthenticator {
 public:
  bool IsAccepted(const WebConfig& config, std::string_view authorization_header) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::unordered_set<std::string> accepted_
      GUARDED_BY(mutex_);  ///< SHA-256 of user, hash, password.
};

}  // namespace tocsin::http

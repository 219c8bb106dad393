#pragma once

#include <string>

namespace tocsin::http {

/// A certificate and its key, in PEM.
struct Credentials {
  std::string cert;
  std::string key;
};

/// An elliptic-curve certificate for `name` and 127.0.0.1, valid for an hour, that is its own
/// authority.
Credentials MakeSelfSigned(const char* name);

}  // namespace tocsin::http

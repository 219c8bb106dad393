#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tocsin::http {

/// A URL taken apart as Go's net/url does. Value type.
struct Url {
  std::string scheme;  ///< Lower case; "" for a relative reference.
  std::optional<std::string> username;
  std::optional<std::string> password;  ///< Only with a username.
  std::string host;                     ///< Without port; an IPv6 address without its brackets.
  std::string port;                     ///< As written; "" when absent.
  std::string path;                     ///< Decoded.
  std::string raw_path;                 ///< As written.
  std::string raw_query;                ///< As written, without "?".
  std::string fragment;                 ///< Decoded.
  bool has_authority = false;           ///< "//" was there, even with an empty host.

  /// host, bracketed when it holds a colon, and ":port" when there is one.
  std::string HostPort() const;
  /// The whole URL again; what was escaped stays escaped.
  std::string ToString() const;
  /// Like ToString() with the password replaced by "xxxxx", for logs and error texts.
  std::string Redacted() const;
};

/// Parses an absolute or relative URL. kInvalidArgument with Go's text: `parse "%zz": invalid URL
/// escape "%zz"`.
Result<Url> ParseUrl(std::string_view text);

/// Escapes for a query as Go's url.QueryEscape: space becomes '+'.
std::string QueryEscape(std::string_view text);
/// Escapes for one path segment as Go's url.PathEscape: '/' becomes %2F.
std::string PathEscape(std::string_view text);

/// Undoes QueryEscape. kInvalidArgument: `invalid URL escape "%g1"`.
Result<std::string> QueryUnescape(std::string_view text);
/// Undoes PathEscape; '+' stays.
Result<std::string> PathUnescape(std::string_view text);

/// `a=1&b=x+y` in the order of `fields`.
std::string EncodeForm(const Fields& fields);

/// Appends the pairs of a query or a form to `fields`, which keeps those that were fine: as Go, the
/// first bad pair (bad escape, semicolon) is reported and all bad ones are skipped.
Status DecodeForm(std::string_view text, Fields& fields);

}  // namespace tocsin::http

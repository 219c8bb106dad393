// URLs, forms and escapes from the network: no crash, and what was understood survives a round
// trip.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/basic_auth.h"
#include "http/url.h"

using namespace tocsin::http;

namespace {

void Require(bool condition, std::string_view input) {
  if (condition) return;
  std::fprintf(stderr, "failed for: %.*s\n", static_cast<int>(input.size()), input.data());
  std::abort();
}

void CheckUrl(std::string_view text) {
  const auto url = ParseUrl(text);
  if (!url) return;
  const auto again = ParseUrl(url->ToString());
  Require(again.ok() && again->path == url->path && again->host == url->host, text);
  Require(again->raw_query == url->raw_query && again->username == url->username, text);
}

void CheckForm(std::string_view text) {
  Fields fields;
  static_cast<void>(DecodeForm(text, fields));
  Fields again;
  Require(DecodeForm(EncodeForm(fields), again).ok() && again == fields, text);
}

void CheckEscapes(std::string_view text) {
  Require(*QueryUnescape(QueryEscape(text)) == text, text);
  Require(*PathUnescape(PathEscape(text)) == text, text);
  const auto parsed = ParseBasicAuthorization(MakeBasicAuthorization("user", text));
  Require(parsed && parsed->second == text, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  CheckUrl(text);
  CheckForm(text);
  CheckEscapes(text);
  static_cast<void>(ParseBasicAuthorization(text));
  return 0;
}

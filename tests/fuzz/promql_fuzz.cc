// Whatever bytes come, parsing must answer; what is accepted must print as something that is
// accepted again and prints the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "promql/durations.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/series_description.h"

using namespace tocsin::promql;  // NOLINT: a fuzz target is one file.

namespace {

constexpr size_t kMaxExprBytes = 64 << 10;
constexpr size_t kMaxSeriesBytes = 256;  // Longer ones only repeat.

void Require(bool condition, const char* what, std::string_view text) {
  if (condition) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

void CheckPrint(const Expr& expr, const ParserOptions& options) {
  const std::string print = PrintExpr(expr);
  const auto again = ParseExpr(print, options);
  Require(again.ok(), "print does not parse", print);
  Require(PrintExpr(**again) == print, "print is not stable", print);
  Require(ParseExpr(PrettyPrintExpr(expr), options).ok(), "pretty print does not parse", print);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), std::min(size, kMaxExprBytes));
  const ParserOptions everything{true, true, true, true};
  auto expr = ParseExpr(text, everything);
  if (expr) {
    CheckPrint(**expr, everything);
    (void)ResolveDurations(*(*expr)->Clone(), {0, 60'000, 15'000}).ok();
  }
  (void)ParseExpr(text).ok();
  (void)ParseMetricSelector(text).ok();
  (void)ParseMetric(text).ok();
  (void)ParseSeriesDescription(text.substr(0, kMaxSeriesBytes)).ok();
  return 0;
}

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "promql/series_description.h"

namespace tocsin::promql {

// The test scripts of Prometheus (promql/promqltest/README.md): what they say, read into structs.

/// `metric@st -1m _ …`: when the counters of a series' samples began, counted from each sample.
struct StartTimes {
  Labels labels;
  std::vector<std::optional<int64_t>> offsets_ms;
};

/// `load 5m` and its series; `load_with_nhcb` too.
struct LoadCommand {
  int64_t step_ms = 0;
  bool with_custom_buckets = false;
  std::vector<SeriesDescription> series;
  std::vector<StartTimes> start_times;
};

struct ClearCommand {};

/// `expect warn msg: …` and its kin.
struct TextExpectation {
  enum class Match { kAny, kExact, kRegex };
  Match match = Match::kAny;
  std::string text;
};

/// The times of a range evaluation or of an expected range vector.
struct ScriptTimes {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
};

/// `eval instant at 5m <expr>` or `eval range from … to … step … <expr>`, and what is expected.
struct EvalCommand {
  int line = 0;
  std::string expr;
  bool is_range = false;
  ScriptTimes times;  ///< An instant one has its time as start.

  bool expects_order = false;
  bool expects_failure = false;
  std::vector<TextExpectation> failures;
  bool expects_no_warnings = false;
  bool expects_no_infos = false;
  std::vector<TextExpectation> warnings;
  std::vector<TextExpectation> infos;

  std::optional<std::string> string;
  std::optional<SequenceValue> scalar;
  std::optional<ScriptTimes> range_vector;
  std::vector<SeriesDescription> series;
};

using ScriptCommand = std::variant<LoadCommand, ClearCommand, EvalCommand>;

/// The error names the line: "line 12: …".
Result<std::vector<ScriptCommand>> ParseScript(std::string_view text);

}  // namespace tocsin::promql

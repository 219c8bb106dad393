#include "promql/script.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <sstream>

#include "model/duration.h"
#include "model/number_text.h"

namespace tocsin::promql {
namespace {

std::string Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

/// Trimmed lines; comments become empty.
std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line = Trim(text.substr(0, end));
    if (line.starts_with("#")) line.clear();
    lines.push_back(std::move(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A duration, with a sign perhaps.
Result<int64_t> ParseTime(const std::string& text) {
  if (text.starts_with("-")) {
    TOCSIN_ASSIGN_OR_RETURN(const int64_t positive_ms, ParseDurationMs(text.substr(1)));
    return -positive_ms;
  }
  return ParseDurationMs(text);
}

Result<ScriptTimes> ParseTimes(const std::string& from, const std::string& to,
                               const std::string& step) {
  ScriptTimes times;
  TOCSIN_ASSIGN_OR_RETURN(times.start_ms, ParseTime(from));
  TOCSIN_ASSIGN_OR_RETURN(times.end_ms, ParseTime(to));
  TOCSIN_ASSIGN_OR_RETURN(times.step_ms, ParseTime(step));
  return times;
}

/// `_`, `_x3`, `-30s`, `1mx2` or `-30s-1mx2`.
Status ParseStartItem(const std::string& item, std::vector<std::optional<int64_t>>& offsets_ms) {
  static const std::regex kItem(
      R"(^(_|[+-]?[0-9][0-9a-z]*?)([+-][0-9][0-9a-z]*?)?(?:x([0-9]+))?$)");
  std::smatch match;
  if (!std::regex_match(item, match, kItem)) {
    return Errorf(ErrorCode::kInvalidArgument, "bad start time \"{}\"", item);
  }
  const int64_t times = match[3].matched ? std::stoll(match[3]) : 0;
  if (match[1] == "_") {
    offsets_ms.resize(offsets_ms.size() + static_cast<size_t>(std::max<int64_t>(times, 1)));
    return {};
  }
  const auto without_plus = [](std::string text) {
    return text.starts_with("+") ? text.substr(1) : text;
  };
  TOCSIN_ASSIGN_OR_RETURN(const int64_t start_ms, ParseTime(without_plus(match[1])));
  int64_t step_ms = 0;
  if (match[2].matched) {
    TOCSIN_ASSIGN_OR_RETURN(step_ms, ParseTime(without_plus(match[2])));
  }
  for (int64_t i = 0; i <= times; ++i) offsets_ms.emplace_back(start_ms + i * step_ms);
  return {};
}

Result<StartTimes> ParseStartTimes(const std::string& line) {
  const size_t mark = line.find("@st");
  TOCSIN_ASSIGN_OR_RETURN(SeriesDescription series, ParseSeriesDescription(line.substr(0, mark)));
  StartTimes starts{std::move(series.labels), {}};
  std::istringstream items(line.substr(mark + 3));
  for (std::string item; items >> item;) {
    TOCSIN_RETURN_IF_ERROR(ParseStartItem(item, starts.offsets_ms));
  }
  return starts;
}

/// The inside of a Go string literal, as far as the scripts use them.
std::string Unquote(std::string_view quoted) {
  const char quote = quoted.empty() ? '\0' : quoted.front();
  std::string out;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quote == '`' || quoted[i] != '\\') {
      out += quoted[i];
      continue;
    }
    const char escaped = quoted[++i];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
  }
  return out;
}

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text) : lines_(LinesOf(text)) {}

  Result<std::vector<ScriptCommand>> Parse() {
    std::vector<ScriptCommand> commands;
    for (; at_ < lines_.size(); ++at_) {
      const std::string& line = lines_[at_];
      if (line.empty()) continue;
      Result<ScriptCommand> command = line == "clear"            ? ScriptCommand(ClearCommand())
                                      : line.starts_with("load") ? ParseLoad()
                                                                 : ParseEval();
      if (!command.ok()) return At(command.error());
      commands.push_back(std::move(command).value());
    }
    return commands;
  }

 private:
  Error At(const Error& error) const {
    return Errorf(ErrorCode::kInvalidArgument, "line {}: {}", at_ + 1, error.message());
  }
  Error Bad(std::string what) const {
    return Error(ErrorCode::kInvalidArgument, what + " (" + lines_[at_] + ")");
  }

  Result<ScriptCommand> ParseLoad() {
    static const std::regex kLoad(R"(^load(?:_(with_nhcb))?\s+(\S+)$)");
    std::smatch match;
    if (!std::regex_match(lines_[at_], match, kLoad)) return Bad("invalid load command");
    LoadCommand load;
    load.with_custom_buckets = match[1].matched;
    TOCSIN_ASSIGN_OR_RETURN(load.step_ms, ParseTime(match[2]));
    while (at_ + 1 < lines_.size() && !lines_[at_ + 1].empty()) {
      ++at_;
      if (lines_[at_].find("@st") != std::string::npos) {
        TOCSIN_ASSIGN_OR_RETURN(StartTimes starts, ParseStartTimes(lines_[at_]));
        load.start_times.push_back(std::move(starts));
        continue;
      }
      TOCSIN_ASSIGN_OR_RETURN(SeriesDescription series, ParseSeriesDescription(lines_[at_]));
      load.series.push_back(std::move(series));
    }
    return ScriptCommand(std::move(load));
  }

  Result<ScriptCommand> ParseEval() {
    static const std::regex kInstant(
        R"(^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$)");
    static const std::regex kRange(
        R"(^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$)");
    EvalCommand eval;
    eval.line = static_cast<int>(at_) + 1;
    std::smatch match;
    if (std::regex_match(lines_[at_], match, kRange)) {
      eval.is_range = true;
      TOCSIN_ASSIGN_OR_RETURN(eval.times, ParseTimes(match[2], match[3], match[4]));
      eval.expr = match[5];
    } else if (std::regex_match(lines_[at_], match, kInstant)) {
      if (match[2].matched) {
        TOCSIN_ASSIGN_OR_RETURN(eval.times.start_ms, ParseTime(match[2]));
      }
      eval.expr = match[3];
    } else {
      return Bad("invalid command");
    }
    ApplyOldForm(match[1], eval);
    while (at_ + 1 < lines_.size() && !lines_[at_ + 1].empty()) {
      ++at_;
      TOCSIN_RETURN_IF_ERROR(ParseExpectation(lines_[at_], eval));
    }
    return ScriptCommand(std::move(eval));
  }

  static void ApplyOldForm(const std::string& form, EvalCommand& eval) {
    if (form == "fail") eval.expects_failure = true;
    if (form == "ordered") eval.expects_order = true;
    if (form == "warn") eval.warnings.emplace_back();
    if (form == "info") eval.infos.emplace_back();
  }

  Status ParseExpectation(const std::string& line, EvalCommand& eval) {
    if (line.starts_with("expect ")) return ParseExpect(line, eval);
    if (line.starts_with("expected_fail_message")) {
      eval.failures.push_back({TextExpectation::Match::kExact, Trim(line.substr(21))});
      return {};
    }
    if (line.starts_with("expected_fail_regexp")) {
      eval.failures.push_back({TextExpectation::Match::kRegex, Trim(line.substr(20))});
      return {};
    }
    if (const std::optional<double> number = ParseGoFloat(line)) {
      eval.scalar = SequenceValue{*number, nullptr, false, false};
      return {};
    }
    TOCSIN_ASSIGN_OR_RETURN(SeriesDescription series, ParseSeriesDescription(line));
    eval.series.push_back(std::move(series));
    return {};
  }

  Status ParseExpect(const std::string& line, EvalCommand& eval) {
    static const std::regex kRangeVector(
        R"(^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$)");
    static const std::regex kString(R"(^expect\s+string\s+(.+)$)");
    static const std::regex kText(
        R"(^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$)");
    std::smatch match;
    if (std::regex_match(line, match, kRangeVector)) {
      TOCSIN_ASSIGN_OR_RETURN(eval.range_vector, ParseTimes(match[1], match[2], match[3]));
      return {};
    }
    if (std::regex_match(line, match, kString)) {
      eval.string = Unquote(Trim(match[1].str()));
      return {};
    }
    if (!std::regex_match(line, match, kText)) return Bad("invalid expect statement");
    TextExpectation text;
    if (match[2].matched) {
      text.match =
          match[2] == "msg" ? TextExpectation::Match::kExact : TextExpectation::Match::kRegex;
      text.text = Trim(match[3].str());
    }
    Apply(match[1], std::move(text), eval);
    return {};
  }

  static void Apply(const std::string& word, TextExpectation text, EvalCommand& eval) {
    if (word == "ordered") eval.expects_order = true;
    if (word == "no_warn") eval.expects_no_warnings = true;
    if (word == "no_info") eval.expects_no_infos = true;
    if (word == "warn") eval.warnings.push_back(std::move(text));
    if (word == "info") eval.infos.push_back(std::move(text));
    if (word == "fail") {
      eval.expects_failure = true;
      eval.failures.push_back(std::move(text));
    }
  }

  const std::vector<std::string> lines_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<ScriptCommand>> ParseScript(std::string_view text) {
  return ScriptParser(text).Parse();
}

}  // namespace tocsin::promql

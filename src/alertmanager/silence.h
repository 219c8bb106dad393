#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace tocsin::alertmanager {

enum class SilenceState { kPending, kActive, kExpired };

/// "pending", "active", "expired".
std::string_view SilenceStateText(SilenceState state);

/// All of them must match.
using MatcherSet = std::vector<Matcher>;

/// Keeps alerts that match from being notified for a while. Times are nanoseconds since the epoch.
struct Silence {
  std::string id;
  /// At least one must match. The API makes silences with exactly one set.
  std::vector<MatcherSet> matcher_sets;
  int64_t starts_at_ns = 0;
  int64_t ends_at_ns = 0;
  int64_t updated_at_ns = 0;
  std::string created_by;
  std::string comment;
  std::map<std::string, std::string> annotations;

  /// Active from its start to its end, both included.
  SilenceState StateAt(int64_t now_ns) const;
  bool Matches(const Labels& labels) const;
};

/// A matcher in Alertmanager's grammar: anchored regular expressions whose dot is no newline.
Result<Matcher> MakeSilenceMatcher(MatchType type, std::string_view name, std::string_view value);

/// kInvalidArgument with upstream's text when the silence makes no sense.
Status ValidateSilence(const Silence& silence);

}  // namespace tocsin::alertmanager

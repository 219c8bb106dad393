#include "alertmanager/silence.h"

#include <algorithm>

namespace tocsin::alertmanager {

namespace {

Error Invalid(std::string message) {
  return Error(ErrorCode::kInvalidArgument, "invalid silence: " + std::move(message));
}

// As upstream judges it: a negative matcher never counts as one that matches nothing.
bool MatchesEmptyText(const Matcher& matcher) {
  const bool is_positive =
      matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kRegex;
  return is_positive && matcher.MatchesEmpty();
}

Status ValidateMatcherSet(const MatcherSet& matchers) {
  if (matchers.empty()) return Invalid("at least one matcher required");
  if (std::all_of(matchers.begin(), matchers.end(), MatchesEmptyText)) {
    return Invalid("at least one matcher must not match the empty string");
  }
  for (size_t i = 0; i < matchers.size(); ++i) {
    if (!IsValidUtf8Name(matchers[i].name())) {
      return Invalid(fmt::format("invalid label matcher {}: invalid label name {}", i,
                                 GoQuote(matchers[i].name())));
    }
    if (!IsValidUtf8(matchers[i].value())) {
      return Invalid(fmt::format("invalid label matcher {}: invalid label value {}", i,
                                 GoQuote(matchers[i].value())));
    }
  }
  return {};
}

}  // namespace

std::string_view SilenceStateText(SilenceState state) {
  switch (state) {
    case SilenceState::kPending:
      return "pending";
    case SilenceState::kActive:
      return "active";
    case SilenceState::kExpired:
      break;
  }
  return "expired";
}

SilenceState Silence::StateAt(int64_t now_ns) const {
  if (now_ns < starts_at_ns) return SilenceState::kPending;
  if (now_ns > ends_at_ns) return SilenceState::kExpired;
  return SilenceState::kActive;
}

bool Silence::Matches(const Labels& labels) const {
  return std::any_of(matcher_sets.begin(), matcher_sets.end(), [&](const MatcherSet& matchers) {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&](const Matcher& matcher) { return matcher.Matches(labels); });
  });
}

Result<Matcher> MakeSilenceMatcher(MatchType type, std::string_view name, std::string_view value) {
  return Matcher::Make(type, name, value, Regex::Dot::kNotNewline);
}

Status ValidateSilence(const Silence& silence) {
  if (silence.matcher_sets.empty()) return Invalid("at least one matcher required");
  for (const MatcherSet& matchers : silence.matcher_sets) {
    TOCSIN_RETURN_IF_ERROR(ValidateMatcherSet(matchers));
  }
  if (silence.starts_at_ns == 0) return Invalid("invalid zero start timestamp");
  if (silence.ends_at_ns == 0) return Invalid("invalid zero end timestamp");
  if (silence.ends_at_ns < silence.starts_at_ns) {
    return Invalid("end time must not be before start time");
  }
  return {};
}

}  // namespace tocsin::alertmanager

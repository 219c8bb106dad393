#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config_warnings.h"
#include "model/matcher.h"

namespace tocsin::config {

/// Which of Alertmanager's two matcher grammars is in force (--enable-feature).
enum class MatcherMode {
  kFallback,    ///< UTF-8 first, classic where that fails or differs; differences are warned about.
  kClassic,     ///< classic-mode
  kUtf8Strict,  ///< utf8-strict-mode
};

/// Parses a list of matchers: `a="b"`, `{a=b,c=~"d.*"}`, `a="b", c!="d"`. Regular expressions are
/// Alertmanager's: anchored, and `.` does not match a newline. `warnings` (may be null) receives
/// what fallback mode has to say, without a place.
Result<std::vector<Matcher>> ParseAlertmanagerMatchers(std::string_view text,
                                                       MatcherMode mode = MatcherMode::kFallback,
                                                       ConfigWarnings* warnings = nullptr);

/// Parses exactly one matcher, as the API's `filter` and amtool take them. Text that begins with
/// `{` or ends with `}` is refused outside classic mode.
Result<Matcher> ParseAlertmanagerMatcher(std::string_view text,
                                         MatcherMode mode = MatcherMode::kFallback,
                                         ConfigWarnings* warnings = nullptr);

/// Whether `name` may be a label's name in `mode`.
bool IsAlertmanagerLabelName(std::string_view name, MatcherMode mode);

/// Alertmanager's text of a matcher: the name quoted only if it holds a reserved character, the
/// value always, escaping only backslash, quote and newline.
std::string FormatAlertmanagerMatcher(const Matcher& matcher);

}  // namespace tocsin::config

#pragma once

#include "base/clock.h"
#include "template/value.h"

namespace tocsin::alertmanager {

/// The functions that notification templates have beside Go's builtins: toUpper, toLower, title,
/// trimSpace, join, match, reReplaceAll, stringSlice, safeHtml, safeUrl, urlUnescape, date, tz,
/// now, since, humanizeDuration, toJson, base64encode, base64decode, list, append, dict. Keeps a
/// reference to `clock`.
templates::FunctionTable NotificationFunctions(const Clock& clock);

}  // namespace tocsin::alertmanager

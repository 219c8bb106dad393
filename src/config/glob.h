#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace tocsin::config {

/// Whether `name` matches `pattern` as Go's filepath.Match says: `*`, `?`, `[a-z]`, `[^a]`, `\`;
/// none of them matches '/'. kInvalidArgument ("syntax error in pattern") for a bad pattern.
Result<bool> MatchGlob(std::string_view pattern, std::string_view name);

/// The paths that match `pattern`, sorted within each directory, as Go's filepath.Glob. No match is
/// no error; directories that cannot be read are skipped.
Result<std::vector<std::string>> Glob(Fs& fs, const std::string& pattern);

}  // namespace tocsin::config

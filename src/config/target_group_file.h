#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "config/target_group.h"

namespace tocsin::config {

/// Reads a file of file_sd_configs: JSON for `.json`, YAML for `.yml` and `.yaml`. Groups get
/// `__meta_filepath` and source `path:index`. An unknown key or a null entry is an error and
/// nothing is returned: the caller keeps the groups it had.
Result<std::vector<TargetGroup>> LoadTargetGroupFile(Fs& fs, const std::string& path);
Result<std::vector<TargetGroup>> ParseTargetGroupFile(std::string_view text,
                                                      const std::string& path);

}  // namespace tocsin::config

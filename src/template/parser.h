#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "template/node.h"

namespace tocsin::templates {

/// The trees that one text defines: itself under its own name, and its {{define}}s and {{block}}s.
using TreeSet = std::map<std::string, std::unique_ptr<Tree>, std::less<>>;

/// Parses the text of the template `name`. `has_function` says which function names exist; unknown
/// ones are refused. Errors are kInvalidArgument with Go's text: `template: NAME:LINE: ...`.
Result<TreeSet> ParseTrees(const std::string& name, std::string_view text,
                           const std::function<bool(std::string_view)>& has_function);

}  // namespace tocsin::templates

#pragma once

#include <string_view>

#include "template/value.h"

namespace tocsin::templates {

/// Go's builtin functions but for and, or and call, which the executor evaluates itself.
const FunctionTable& Builtins();

/// True for those three as well.
bool IsBuiltinName(std::string_view name);

}  // namespace tocsin::templates

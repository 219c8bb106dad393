#pragma once

#include <string>
#include <string_view>

#include "template/template.h"

namespace tocsin::templates {

/// The data that the tables of this folder are about.
Value TestData();
/// up, fail, add, none, f1.
FunctionTable TestFunctions();

/// `text` as the template "t" rendered with TestData(), or "ERROR " and the message.
std::string Render(std::string_view text, TemplateOptions options = {});

}  // namespace tocsin::templates

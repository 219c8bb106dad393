#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::exposition {

/// Where a text of the exposition formats stands decides what is escaped in it.
enum class EscapedIn : uint8_t {
  kHelp,        ///< \\ and \n
  kLabelValue,  ///< \\, \n and \"; names in quotes too
};

/// Undoes the escapes; a backslash before anything else stays.
std::string Unescape(std::string_view text, EscapedIn where);

void AppendEscaped(std::string& out, std::string_view text, EscapedIn where);

}  // namespace tocsin::exposition

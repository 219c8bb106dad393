#pragma once

#include <string>
#include <string_view>

namespace tocsin::templates {

// Go's text/template escapers. Contextual escaping (html/template) will live beside them.

/// `< > & ' "` and NUL as HTML entities.
std::string EscapeHtml(std::string_view text);
/// Text for inside a JavaScript string.
std::string EscapeJs(std::string_view text);
/// url.QueryEscape: space is '+'.
std::string EscapeUrlQuery(std::string_view text);

}  // namespace tocsin::templates

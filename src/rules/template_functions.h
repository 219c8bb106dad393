#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "promql/result.h"
#include "template/value.h"

namespace tocsin::rules {

/// Answers `query` in a template.
using TemplateQuery = std::function<Result<promql::InstantVector>(std::string_view expr)>;

/// The functions of Prometheus' templates that do not depend on the moment, and stand-ins for
/// `query` and `now` that fail, so that a text can be parsed. `external_url` is what pathPrefix and
/// externalURL tell.
templates::FunctionTable MakeTemplateFunctions(const std::string& external_url);

/// `query` and `now` of one evaluation at `time_ms`.
templates::FunctionTable MakeMomentFunctions(TemplateQuery query, int64_t time_ms);

/// Go's url.QueryEscape.
std::string QueryEscape(std::string_view text);
/// The path of `url` without a slash at its end.
std::string UrlPath(std::string_view url);
/// `/graph?g0.expr=EXPR&g0.tab=1`, which upstream puts behind the external URL.
std::string TableLink(std::string_view expr);
std::string GraphLink(std::string_view expr);

}  // namespace tocsin::rules

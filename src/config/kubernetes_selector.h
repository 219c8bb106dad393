#pragma once

#include <string_view>

#include "base/result.h"

namespace tocsin::config {

/// Whether `selector` is one of fields: `metadata.name=a,spec.nodeName!=b`. kInvalidArgument with
/// the text of Kubernetes' own parser.
Status CheckFieldSelector(std::string_view selector);

/// Whether `selector` is one of labels: `app in (a,b),!canary,tier!=db`. Likewise.
Status CheckLabelSelector(std::string_view selector);

}  // namespace tocsin::config

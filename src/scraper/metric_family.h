#pragma once

#include <string_view>

#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::scraper {

/// Whether a series of this metric can be one of a family of this type: `x_bucket` of the histogram
/// `x`, `x_total` of the counter `x` and of the counter `x_total`.
bool IsSeriesOfFamily(std::string_view metric, std::string_view family, MetricType type);

/// Sets the labels `__type__` and `__unit__` that feature type-and-unit-labels asks for; those of
/// the page stay where there is nothing to say.
void SetTypeAndUnit(MetricType type, std::string_view unit, LabelsBuilder& labels);

}  // namespace tocsin::scraper

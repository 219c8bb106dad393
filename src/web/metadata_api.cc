#include "web/metadata_api.h"

#include <charconv>
#include <optional>

#include "base/json_writer.h"
#include "web/api_parameters.h"

namespace tocsin::web {
namespace {

constexpr int64_t kNoLimit = -1;

Parameter<int64_t> NumberParameter(const http::Request& request, std::string_view name) {
  const std::string_view text = request.Parameter(name);
  if (text.empty()) return kNoLimit;
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end) return number;
  return tl::unexpected<ApiError>(
      ApiError{ApiErrorType::kBadData, fmt::format("{} must be a number", name)});
}

void WriteMetadata(JsonWriter& json, const MetricMetadata& metadata) {
  json.BeginObject();
  json.KeyString("type", MetricTypeText(metadata.type));
  json.KeyString("unit", metadata.unit);
  json.KeyString("help", metadata.help);
  json.EndObject();
}

}  // namespace

void MetadataApi::Register(ApiRoutes& routes) const {
  routes.Handle("GET", "/metadata", [this](http::Request& request) { return Metadata(request); });
}

ApiResult MetadataApi::Metadata(const http::Request& request) const {
  TOCSIN_ASSIGN_PARAMETER(const int64_t limit, NumberParameter(request, "limit"));
  TOCSIN_ASSIGN_PARAMETER(const int64_t limit_per_metric,
                          NumberParameter(request, "limit_per_metric"));
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  int64_t metrics = 0;
  for (const auto& [metric, entries] : source_.ListMetadata(request.Parameter("metric"))) {
    if (limit >= 0 && metrics++ >= limit) break;
    json.Key(metric);
    json.BeginArray();
    int64_t shown = 0;
    for (const MetricMetadata& metadata : entries) {
      if (limit_per_metric > 0 && shown++ >= limit_per_metric) break;
      WriteMetadata(json, metadata);
    }
    json.EndArray();
  }
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

}  // namespace tocsin::web

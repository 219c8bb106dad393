#include "web/series_api.h"

#include <algorithm>
#include <functional>

#include "base/json_writer.h"
#include "model/labels.h"
#include "web/api_parameters.h"
#include "web/json_result.h"
#include "web/label_name_escaping.h"

namespace tocsin::web {
namespace {

using MatcherSets = std::vector<std::vector<Matcher>>;
using Names = std::vector<std::string>;

// Storage that fails is not told apart from a query that fails, as upstream.
ApiError StorageError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCanceled:
      return {ApiErrorType::kCanceled, error.message()};
    case ErrorCode::kTimeout:
      return {ApiErrorType::kTimeout, error.message()};
    default:
      return {ApiErrorType::kExecution, error.message()};
  }
}

template <typename T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Cuts to `limit` and says so.
template <typename T>
void ApplyLimit(std::vector<T>& values, size_t limit, ApiResult& result) {
  if (limit == 0 || values.size() <= limit) return;
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
  result.warnings.emplace_back("results truncated due to limit");
}

Status AppendLabelSets(storage::Querier& querier, const std::vector<Matcher>& matchers,
                       TimeRange range, const CancelToken* cancel, std::vector<Labels>& out) {
  constexpr size_t kCancelCheckInterval = 1024;
  storage::SelectHints hints;
  hints.start_ms = range.start_ms;
  hints.end_ms = range.end_ms;
  TOCSIN_ASSIGN_OR_RETURN(const auto series, querier.Select(matchers, hints));
  out.reserve(out.size() + series->size());
  for (size_t i = 0; i < series->size(); ++i) {
    if (cancel != nullptr && i % kCancelCheckInterval == 0) TOCSIN_RETURN_IF_ERROR(cancel->Check());
    out.push_back(series->LabelsOf(i));
  }
  return {};
}

// Names or values for each set of matchers (or for all series), sorted, without duplicates.
ApiResult ListStrings(const MatcherSets& sets, size_t limit,
                      const std::function<Result<Names>(const std::vector<Matcher>&)>& list) {
  Names names;
  for (const auto& matchers : sets.empty() ? MatcherSets(1) : sets) {
    Result<Names> found = list(matchers);
    if (!found) return StorageError(found.error());
    std::move(found->begin(), found->end(), std::back_inserter(names));
  }
  if (sets.size() > 1) SortUnique(names);
  ApiResult result;
  ApplyLimit(names, limit, result);
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
  result.data = std::move(data);
  return result;
}

// Storage may stop one after the limit: enough to know that there were more.
size_t StorageLimit(size_t limit) { return limit == 0 ? 0 : limit + 1; }

std::string LabelSetsJson(const std::vector<Labels>& label_sets) {
  std::string data = "[";
  std::string_view separator;
  for (const Labels& labels : label_sets) {
    data.append(separator);
    separator = ",";
    AppendLabelsJson(data, labels);
  }
  data.push_back(']');
  return data;
}

}  // namespace

void SeriesApi::Register(ApiRoutes& routes) const {
  routes.Handle("GET,POST", "/series", [this](http::Request& request) { return Series(request); });
  routes.Handle("GET,POST", "/labels",
                [this](http::Request& request) { return LabelNames(request); });
  routes.Handle("GET", "/label/{name}/values",
                [this](http::Request& request) { return LabelValues(request); });
}

ApiResult SeriesApi::Series(const http::Request& request) const {
  if (!request.HasParameter("match[]")) {
    return ApiError{ApiErrorType::kBadData, "no match[] parameter provided"};
  }
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, LimitParameter(request));
  TOCSIN_ASSIGN_PARAMETER(const TimeRange range, RangeParameters(request));
  TOCSIN_ASSIGN_PARAMETER(const MatcherSets sets, MatchParameters(request));
  const auto querier = queryable_.MakeQuerier(range.start_ms, range.end_ms);
  if (!querier) return StorageError(querier.error());
  std::vector<Labels> label_sets;
  for (const std::vector<Matcher>& matchers : sets) {
    const Status status = AppendLabelSets(**querier, matchers, range, request.cancel, label_sets);
    if (!status) return StorageError(status.error());
  }
  if (sets.size() > 1) SortUnique(label_sets);
  ApiResult result;
  ApplyLimit(label_sets, limit, result);
  result.data = LabelSetsJson(label_sets);
  return result;
}

ApiResult SeriesApi::LabelNames(const http::Request& request) const {
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, LimitParameter(request));
  TOCSIN_ASSIGN_PARAMETER(const TimeRange range, RangeParameters(request));
  TOCSIN_ASSIGN_PARAMETER(const MatcherSets sets, MatchParameters(request));
  const auto querier = queryable_.MakeQuerier(range.start_ms, range.end_ms);
  if (!querier) return StorageError(querier.error());
  return ListStrings(sets, limit, [&](const std::vector<Matcher>& matchers) {
    return (*querier)->LabelNames(matchers, StorageLimit(limit));
  });
}

ApiResult SeriesApi::LabelValues(const http::Request& request) const {
  const std::string name = UnescapeLabelName(request.PathParameter("name"));
  if (!IsValidUtf8Name(name)) {
    return ApiError{ApiErrorType::kBadData, fmt::format("invalid label name: {}", GoQuote(name))};
  }
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, LimitParameter(request));
  TOCSIN_ASSIGN_PARAMETER(const TimeRange range, RangeParameters(request));
  TOCSIN_ASSIGN_PARAMETER(const MatcherSets sets, MatchParameters(request));
  const auto querier = queryable_.MakeQuerier(range.start_ms, range.end_ms);
  if (!querier) return StorageError(querier.error());
  return ListStrings(sets, limit, [&](const std::vector<Matcher>& matchers) {
    return (*querier)->LabelValues(name, matchers, StorageLimit(limit));
  });
}

}  // namespace tocsin::web

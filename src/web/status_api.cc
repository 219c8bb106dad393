#include "web/status_api.h"

#include <charconv>
#include <memory>

#include "base/json_writer.h"
#include "model/duration.h"
#include "web/api_parameters.h"

namespace tocsin::web {
namespace {

constexpr size_t kDefaultStatisticsLimit = 10;
constexpr size_t kMaxStatisticsLimit = 10'000;

ApiResult Flags(const std::vector<std::pair<std::string, std::string>>& flags) {
  const std::map<std::string, std::string> sorted(flags.begin(), flags.end());
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  for (const auto& [name, value] : sorted) json.KeyString(name, value);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult Config(const std::function<std::string()>& config_yaml) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.KeyString("yaml", config_yaml ? config_yaml() : "");
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult Runtime(const std::function<RuntimeInformation()>& runtime) {
  const RuntimeInformation now = runtime ? runtime() : RuntimeInformation();
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.KeyString("startTime", ApiTime(now.start_time_ns));
  json.KeyString("CWD", now.working_directory);
  json.KeyString("hostname", now.hostname);
  json.KeyString("serverTime", ApiTime(now.server_time_ns));
  json.KeyBool("reloadConfigSuccess", now.reload_config_success);
  json.KeyString("lastConfigTime", ApiTime(now.last_config_time_ns));
  json.KeyInt("corruptionCount", now.corruption_count);
  json.KeyInt("goroutineCount", now.thread_count);
  json.KeyInt("GOMAXPROCS", now.cpu_count);
  json.KeyInt("GOMEMLIMIT", now.memory_limit_bytes);
  json.KeyString("GOGC", "");
  json.KeyString("GODEBUG", "");
  json.KeyString("storageRetention", now.storage_retention);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

Parameter<size_t> StatisticsLimit(const http::Request& request) {
  const std::string_view text = request.Parameter("limit");
  if (text.empty()) return kDefaultStatisticsLimit;
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1) {
    return tl::unexpected(ApiError{ApiErrorType::kBadData, "limit must be a positive number"});
  }
  if (static_cast<uint64_t>(limit) > kMaxStatisticsLimit) {
    return tl::unexpected(ApiError{ApiErrorType::kBadData,
                                   fmt::format("limit must not exceed {}", kMaxStatisticsLimit)});
  }
  return static_cast<size_t>(limit);
}

void WriteCounts(JsonWriter& json, std::string_view key,
                 const std::vector<tsdb::NamedCount>& counts) {
  json.Key(key);
  json.BeginArray();
  for (const tsdb::NamedCount& count : counts) {
    json.BeginObject();
    json.KeyString("name", count.name);
    json.Key("value");
    json.Uint(count.value);
    json.EndObject();
  }
  json.EndArray();
}

void WriteHeadStats(JsonWriter& json, const tsdb::HeadStatistics& head) {
  json.Key("headStats");
  json.BeginObject();
  json.Key("numSeries"), json.Uint(head.series_count);
  json.Key("numLabelPairs"), json.Uint(head.label_pair_count);
  json.Key("chunkCount"), json.Uint(head.chunk_count);
  json.KeyInt("minTime", head.min_time_ms);
  json.KeyInt("maxTime", head.max_time_ms);
  json.EndObject();
}

ApiResult Tsdb(const http::Request& request,
               const std::function<tsdb::HeadStatistics(size_t)>& statistics) {
  TOCSIN_ASSIGN_PARAMETER(const size_t limit, StatisticsLimit(request));
  if (!statistics) return ApiError{ApiErrorType::kUnavailable, "TSDB not ready"};
  const tsdb::HeadStatistics head = statistics(limit);
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  WriteHeadStats(json, head);
  WriteCounts(json, "seriesCountByMetricName", head.series_count_by_metric_name);
  WriteCounts(json, "labelValueCountByLabelName", head.label_value_count_by_label_name);
  WriteCounts(json, "memoryInBytesByLabelName", head.memory_in_bytes_by_label_name);
  WriteCounts(json, "seriesCountByLabelValuePair", head.series_count_by_label_value_pair);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult WalReplay(const tsdb::ReplayStatus& replay) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.KeyInt("min", replay.min);
  json.KeyInt("max", replay.max);
  json.KeyInt("current", replay.current);
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult Features(const std::map<std::string, std::map<std::string, bool>>& features) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  for (const auto& [category, entries] : features) {
    json.Key(category);
    json.BeginObject();
    for (const auto& [name, is_there] : entries) json.KeyBool(name, is_there);
    json.EndObject();
  }
  json.EndObject();
  return ApiResult::Json(std::move(data));
}

ApiResult Notifications(const std::function<std::vector<Notification>()>& notifications) {
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  for (const Notification& notification :
       notifications ? notifications() : std::vector<Notification>()) {
    json.BeginObject();
    json.KeyString("text", notification.text);
    json.KeyString("date", ApiTime(notification.date_ns));
    json.KeyBool("active", notification.is_active);
    json.EndObject();
  }
  json.EndArray();
  return ApiResult::Json(std::move(data));
}

}  // namespace

std::string ApiTime(int64_t unix_ns) {
  return unix_ns == 0 ? "0001-01-01T00:00:00Z" : FormatRfc3339Nano(unix_ns);
}

std::string BuildInformationJson(const BuildInformation& build) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.KeyString("version", build.version);
  json.KeyString("revision", build.revision);
  json.KeyString("branch", build.branch);
  json.KeyString("buildUser", build.build_user);
  json.KeyString("buildDate", build.build_date);
  json.KeyString("goVersion", build.go_version);
  json.EndObject();
  return data;
}

void AddStatusRoutes(ApiRoutes& routes, StatusApiDependencies dependencies) {
  // Shared by the handlers below and nobody else.
  const auto shared = std::make_shared<const StatusApiDependencies>(std::move(dependencies));
  routes.Handle("GET", "/status/config",
                [shared](http::Request&) { return Config(shared->config_yaml); });
  routes.Handle("GET", "/status/flags", [shared](http::Request&) { return Flags(shared->flags); });
  routes.Handle("GET", "/status/buildinfo", [shared](http::Request&) {
    return ApiResult::Json(BuildInformationJson(shared->build));
  });
  routes.Handle("GET", "/status/runtimeinfo",
                [shared](http::Request&) { return Runtime(shared->runtime); });
  routes.Handle("GET", "/status/tsdb", [shared](http::Request& request) {
    return Tsdb(request, shared->head_statistics);
  });
  routes.HandleAlways("GET", "/status/walreplay",
                      [shared](http::Request&) { return WalReplay(shared->replay); });
  routes.Handle("GET", "/features",
                [shared](http::Request&) { return Features(shared->features); });
  routes.HandleAlways("GET", "/notifications",
                      [shared](http::Request&) { return Notifications(shared->notifications); });
}

}  // namespace tocsin::web

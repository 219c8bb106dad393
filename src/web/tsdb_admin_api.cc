#include "web/tsdb_admin_api.h"

#include <memory>
#include <optional>

#include "base/json_writer.h"
#include "web/api_parameters.h"

namespace tocsin::web {
namespace {

ApiError StorageError(const Error& error) { return {ApiErrorType::kInternal, error.message()}; }

// As Go's strconv.ParseBool.
std::optional<bool> ParseBool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

ApiResult DeleteSeries(const TsdbAdminDependencies& storage, const http::Request& request) {
  if (!request.HasParameter("match[]")) {
    return ApiError{ApiErrorType::kBadData, "no match[] parameter provided"};
  }
  TOCSIN_ASSIGN_PARAMETER(const TimeRange range, RangeParameters(request));
  TOCSIN_ASSIGN_PARAMETER(const auto selectors, MatchParameters(request));
  for (const std::vector<Matcher>& matchers : selectors) {
    const Status deleted = storage.delete_series(range.start_ms, range.end_ms, matchers);
    if (!deleted) return StorageError(deleted.error());
  }
  return {};
}

ApiResult CleanTombstones(const TsdbAdminDependencies& storage, const http::Request&) {
  const Status cleaned = storage.clean_tombstones();
  return cleaned ? ApiResult() : ApiResult(StorageError(cleaned.error()));
}

ApiResult Snapshot(const TsdbAdminDependencies& storage, const http::Request& request) {
  bool skips_head = false;
  if (const std::string_view text = request.Parameter("skip_head"); !text.empty()) {
    const std::optional<bool> value = ParseBool(text);
    if (!value) {
      return InvalidParameter(
          "skip_head",
          fmt::format("unable to parse boolean strconv.ParseBool: parsing \"{}\": invalid syntax",
                      text));
    }
    skips_head = *value;
  }
  const auto name = storage.snapshot(!skips_head);
  if (!name) {
    return ApiError{ApiErrorType::kInternal, "create snapshot: " + name.error().message()};
  }
  std::string data;
  JsonWriter writer(data);
  writer.BeginObject();
  writer.KeyString("name", *name);
  writer.EndObject();
  return ApiResult::Json(std::move(data));
}

void WriteStats(JsonWriter& writer, const tsdb::BlockStats& stats) {
  const auto write = [&writer](std::string_view key, uint64_t count) {
    if (count != 0) writer.KeyInt(key, static_cast<int64_t>(count));
  };
  writer.BeginObject();
  write("numSamples", stats.sample_count);
  write("numFloatSamples", stats.float_sample_count);
  write("numHistogramSamples", stats.histogram_sample_count);
  write("numSeries", stats.series_count);
  write("numChunks", stats.chunk_count);
  write("numTombstones", stats.tombstone_count);
  writer.EndObject();
}

void WriteCompaction(JsonWriter& writer, const tsdb::BlockCompaction& compaction) {
  writer.BeginObject();
  writer.KeyInt("level", compaction.level);
  if (!compaction.sources.empty()) {
    writer.Key("sources");
    writer.BeginArray();
    for (const tsdb::Ulid& source : compaction.sources) writer.String(source.ToString());
    writer.EndArray();
  }
  if (!compaction.parents.empty()) {
    writer.Key("parents");
    writer.BeginArray();
    for (const tsdb::BlockDescription& parent : compaction.parents) {
      writer.BeginObject();
      writer.KeyString("ulid", parent.ulid.ToString());
      writer.KeyInt("minTime", parent.min_time_ms);
      writer.KeyInt("maxTime", parent.max_time_ms);
      writer.EndObject();
    }
    writer.EndArray();
  }
  if (compaction.has_failed) writer.KeyBool("failed", true);
  if (compaction.is_deletable) writer.KeyBool("deletable", true);
  if (!compaction.hints.empty()) {
    writer.Key("hints");
    writer.BeginArray();
    for (const std::string& hint : compaction.hints) writer.String(hint);
    writer.EndArray();
  }
  writer.EndObject();
}

ApiResult ShowBlocks(const TsdbAdminDependencies& storage, const http::Request&) {
  std::string data;
  JsonWriter writer(data);
  writer.BeginObject();
  writer.Key("blocks");
  writer.BeginArray();
  for (const tsdb::BlockStatus& block : storage.blocks()) {
    writer.BeginObject();
    writer.KeyString("ulid", block.meta.ulid.ToString());
    writer.KeyInt("minTime", block.meta.min_time_ms);
    writer.KeyInt("maxTime", block.meta.max_time_ms);
    writer.Key("stats");
    WriteStats(writer, block.meta.stats);
    writer.Key("compaction");
    WriteCompaction(writer, block.meta.compaction);
    writer.KeyInt("version", 1);
    writer.KeyInt("sizeBytes", static_cast<int64_t>(block.size_bytes));
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("quarantined");
  writer.BeginArray();
  for (const tsdb::QuarantinedBlock& block : storage.quarantined()) {
    writer.BeginObject();
    writer.KeyString("path", block.path);
    writer.KeyString("reason", block.reason);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return ApiResult::Json(std::move(data));
}

}  // namespace

void AddTsdbAdminRoutes(ApiRoutes& routes, TsdbAdminDependencies dependencies) {
  const auto shared = std::make_shared<const TsdbAdminDependencies>(std::move(dependencies));
  routes.Handle("GET", "/status/tsdb/blocks",
                [shared](http::Request& request) { return ShowBlocks(*shared, request); });
  const auto add = [&](std::string_view path, auto operation) {
    routes.Handle("POST,PUT", path, [shared, operation](http::Request& request) -> ApiResult {
      if (!shared->is_enabled) {
        return ApiError{ApiErrorType::kUnavailable, "admin APIs disabled"};
      }
      return operation(*shared, request);
    });
  };
  add("/admin/tsdb/delete_series", &DeleteSeries);
  add("/admin/tsdb/clean_tombstones", &CleanTombstones);
  add("/admin/tsdb/snapshot", &Snapshot);
}

}  // namespace tocsin::web

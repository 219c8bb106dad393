#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "http/router.h"
#include "promql/engine.h"
#include "support/memory_storage.h"
#include "telemetry/registry.h"
#include "web/api_routes.h"
#include "web/federation.h"
#include "web/metadata_api.h"
#include "web/query_api.h"
#include "web/series_api.h"

namespace tocsin::web {

/// What an endpoint answered, streams read to their end.
struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
  size_t pieces = 0;  ///< Of a streamed body.
  http::Fields headers;
};

/// Metadata that a test writes down.
class FixedMetadata final : public MetricMetadataSource {
 public:
  std::map<std::string, std::vector<MetricMetadata>> ListMetadata(
      std::string_view metric) const override {
    if (metric.empty()) return metrics;
    const auto found = metrics.find(std::string(metric));
    if (found == metrics.end()) return {};
    return {*found};
  }
  std::map<std::string, std::vector<MetricMetadata>> metrics;
};

/// All endpoints over an in-memory storage. It is 1970-01-01T00:16:40Z.
class WebFixture : public testing::Test {
 protected:
  WebFixture() {
    ApiRoutes routes(router_, {Regex::Compile("https://.*").value(), [this] { return is_ready_; }});
    query_api_.Register(routes);
    series_api_.Register(routes);
    metadata_api_.Register(routes);
    federation_.Register(router_);
  }

  static promql::EngineOptions EngineOptionsForTests() {
    promql::EngineOptions options;
    options.enable_experimental_functions = true;
    return options;
  }

  /// Three series of `up`-like metrics with a sample at 990 s, one of them stale since 995 s.
  void LoadSeries() {
    storage_.Put({{"__name__", "up"}, {"job", "api"}, {"instance", "a:1"}}, 990'000, 1);
    storage_.Put({{"__name__", "up"}, {"job", "db"}, {"instance", "b:1"}}, 990'000, 0);
    storage_.Put({{"__name__", "temp"}, {"room", "<kitchen> & \"hall\""}}, 990'000, 21.5);
  }

  Answer Send(const std::string& method, const std::string& path, http::Fields parameters = {},
              http::Fields headers = {}) {
    http::Request request;
    request.method = method;
    request.path = request.raw_path = path;
    request.parameters = std::move(parameters);
    request.headers = std::move(headers);
    http::Response response;
    router_.Dispatch(request, response);
    Answer answer{response.status, std::string(http::FindHeader(response.headers, "Content-Type")),
                  response.body, 0, response.headers};
    for (std::string piece; response.stream && response.stream(piece); ++answer.pieces) {
      answer.body.append(piece);
    }
    return answer;
  }
  Answer Get(const std::string& path, http::Fields parameters = {}) {
    return Send("GET", path, std::move(parameters));
  }
  /// The body of a successful answer, without its envelope.
  std::string Data(const std::string& path, http::Fields parameters = {}) {
    const Answer answer = Get("/api/v1" + path, std::move(parameters));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string start = "{\"status\":\"success\",\"data\":";
    EXPECT_EQ(answer.body.substr(0, start.size()), start);
    return answer.body.substr(start.size(), answer.body.size() - start.size() - 1);
  }
  /// The status, type and text of a refused request: "400 bad_data: …".
  std::string Refusal(const std::string& path, http::Fields parameters = {}) {
    const Answer answer = Get("/api/v1" + path, std::move(parameters));
    const std::string start = "{\"status\":\"error\",\"errorType\":\"";
    if (answer.body.substr(0, start.size()) != start) return answer.body;
    const size_t type_end = answer.body.find('"', start.size());
    const size_t text_start = type_end + std::string("\",\"error\":\"").size();
    return std::to_string(answer.status) + " " +
           answer.body.substr(start.size(), type_end - start.size()) + ": " +
           answer.body.substr(text_start, answer.body.size() - text_start - 2);
  }

  bool is_ready_ = true;
  support::MemoryStorage storage_;
  ManualClock clock_{1'000'000};
  ThreadPool pool_{"query", 2};
  telemetry::Registry registry_;
  NullLogger logger_;
  promql::Engine engine_{EngineOptionsForTests(), clock_, pool_, registry_, logger_};
  FixedMetadata metadata_;
  Labels external_labels_;
  QueryApi query_api_{{engine_, storage_, clock_}};
  SeriesApi series_api_{storage_};
  MetadataApi metadata_api_{metadata_};
  Federation federation_{{storage_, clock_, 300'000, [this] { return external_labels_; }}};
  http::Router router_;
};

}  // namespace tocsin::web

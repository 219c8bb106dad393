// Evaluation without storage: series come decoded from memory.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "promql/engine.h"
#include "telemetry/registry.h"

namespace tocsin::promql {
namespace {

// 100 hosts of 8 CPUs in 8 modes, 4 h at 15 s: the shape of node_cpu_seconds_total.
constexpr size_t kHosts = 100;
constexpr size_t kSeriesPerHost = 64;
constexpr size_t kSamples = 960;
constexpr int64_t kIntervalMs = 15'000;
constexpr int64_t kLastMs = kIntervalMs * static_cast<int64_t>(kSamples - 1);
constexpr int64_t kStepMs = 60'000;

/// Decoded series; the timestamps are those of their host.
class DecodedSeries final : public storage::SeriesSet {
 public:
  DecodedSeries() {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<> increment(0, 15);
    for (size_t i = 0; i < size(); ++i) {
      std::vector<double>& values = values_.emplace_back(kSamples);
      for (size_t k = 1; k < kSamples; ++k) values[k] = values[k - 1] + increment(random);
    }
    for (size_t host = 0; host < kHosts; ++host) {
      std::vector<int64_t>& times = timestamps_ms_.emplace_back(kSamples);
      for (size_t k = 0; k < kSamples; ++k) {
        times[k] = kIntervalMs * static_cast<int64_t>(k) + static_cast<int64_t>(host * 149);
      }
    }
  }

  size_t size() const override { return kHosts * kSeriesPerHost; }
  Labels LabelsOf(size_t index) const override {
    return {{"__name__", "node_cpu_seconds_total"},
            {"instance", "host-" + std::to_string(index / kSeriesPerHost)},
            {"cpu", std::to_string(index / 8 % 8)},
            {"mode", std::to_string(index % 8)}};
  }
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override {
    const std::vector<int64_t>& times = timestamps_ms_[index / kSeriesPerHost];
    const auto first = std::lower_bound(times.begin(), times.end(), start_ms);
    const auto last = std::upper_bound(first, times.end(), end_ms);
    const auto values = values_[index].begin() + (first - times.begin());
    out.Clear();
    out.timestamps_ms.assign(first, last);
    out.values.assign(values, values + (last - first));
    return {};
  }
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override {
    if (without || names.size() != 1 || names[0] != "mode")
      return SeriesSet::GroupBy(names, without);
    storage::SeriesGrouping grouping;
    for (size_t mode = 0; mode < 8; ++mode) {
      grouping.group_labels.push_back({{"mode", std::to_string(mode)}});
    }
    for (size_t i = 0; i < size(); ++i) grouping.group_of_series.push_back(i % 8);
    return grouping;
  }

 private:
  std::vector<std::vector<double>> values_;
  std::vector<std::vector<int64_t>> timestamps_ms_;
};

const DecodedSeries& Decoded() {
  static const DecodedSeries decoded;
  return decoded;
}

/// The one selection there is.
class Selection final : public storage::SeriesSet {
 public:
  size_t size() const override { return Decoded().size(); }
  Labels LabelsOf(size_t index) const override { return Decoded().LabelsOf(index); }
  Status Read(size_t index, int64_t start_ms, int64_t end_ms,
              storage::SampleBuffer& out) const override {
    return Decoded().Read(index, start_ms, end_ms, out);
  }
  storage::SeriesGrouping GroupBy(std::span<const std::string> names, bool without) const override {
    return Decoded().GroupBy(names, without);
  }
};

class DecodedQuerier final : public storage::Querier {
 public:
  Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher>,
                                                     const storage::SelectHints&) override {
    return std::make_unique<Selection>();
  }
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher>, size_t) override {
    return std::vector<std::string>();
  }
  Result<std::vector<std::string>> LabelValues(const std::string&, std::span<const Matcher>,
                                               size_t) override {
    return std::vector<std::string>();
  }
};

class DecodedStorage final : public storage::Queryable {
 public:
  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t, int64_t) override {
    return std::make_unique<DecodedQuerier>();
  }
};

/// `threads` 0: the calling thread alone.
void RangeQuery(benchmark::State& state, const char* expr) {
  const SystemClock clock;
  ThreadPool pool("query", static_cast<size_t>(state.range(0)));
  telemetry::Registry registry;
  NullLogger logger;
  EngineOptions options;
  Engine engine(options, clock, pool, registry, logger);
  DecodedStorage decoded;
  Decoded();
  for (auto _ : state) {
    const auto result = engine.Range(decoded, expr, 0, kLastMs + kStepMs, kStepMs);
    if (!result.ok()) state.SkipWithError(result.error().message().c_str());
  }
  state.counters["outputs/s"] =
      benchmark::Counter(6400 * 241, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(RangeQuery, sum_rate, "sum by (mode) (rate(node_cpu_seconds_total[5m]))")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, sum_raw, "sum by (mode) (node_cpu_seconds_total)")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, rate, "rate(node_cpu_seconds_total[5m])")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, avg_over_time_1h, "avg(avg_over_time(node_cpu_seconds_total[1h]))")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, max_over_time_1h, "max(max_over_time(node_cpu_seconds_total[1h]))")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, quantile_over_time_30m,
                  "max(quantile_over_time(0.9, node_cpu_seconds_total[30m]))")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, topk_rate, "topk(5, rate(node_cpu_seconds_total[5m]))")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(RangeQuery, ratio,
                  "sum by (mode) (rate(node_cpu_seconds_total[5m])) / on (mode) sum by (mode) "
                  "(node_cpu_seconds_total)")
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace tocsin::promql

BENCHMARK_MAIN();

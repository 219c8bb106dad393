// What the head costs: a sample appended, a series created, a series selected and read, a byte
// kept.
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "model/matcher.h"
#include "storage/appendable.h"
#include "storage/queryable.h"
#include "telemetry/registry.h"
#include "tsdb/chunks/xor_chunk.h"
#include "tsdb/database.h"
#include "tsdb/head.h"
#include "tsdb/head_metrics.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int64_t kIntervalMs = 15'000;

// About six labels a series besides the target's, as node_exporter and friends have.
Labels SeriesLabels(int target, int series) {
  return Labels({{"__name__", "node_metric_name_" + std::to_string(series % 100) + "_total"},
                 {"cpu", std::to_string(series / 100)},
                 {"mode", series % 2 == 0 ? "user" : "system"},
                 {"device", "eth" + std::to_string(series % 4)},
                 {"fstype", "ext4"},
                 {"state", "online"},
                 {"instance", "host" + std::to_string(target) + ".example.org:9100"},
                 {"job", "node"}});
}

// Half constant, three eighths counters, one eighth gauges with two decimals: about 2 bytes a
// sample.
double ValueOf(int series, int64_t scrape) {
  switch (series % 8) {
    case 0:
    case 2:
    case 4:
    case 6:
      return series;
    case 1:
      return std::round(100 * std::sin(static_cast<double>(scrape * series))) / 100;
    default:
      return static_cast<double>(scrape * (series % 50 + 1) * 13);
  }
}

struct Target {
  std::unique_ptr<storage::RowAppender> appender;
  std::vector<storage::RowAppender::Slot> slots;
};

Target MakeTarget(storage::Appendable& storage, int number, int series_count) {
  Target target{storage.MakeRowAppender(), {}};
  for (int series = 0; series < series_count; ++series) {
    target.slots.push_back(target.appender->SlotOf(SeriesLabels(number, series)).value());
  }
  return target;
}

void Scrape(Target& target, int64_t scrape) {
  target.appender->BeginRow(kStartMs + scrape * kIntervalMs);
  for (size_t i = 0; i < target.slots.size(); ++i) {
    target.appender->Set(target.slots[i], ValueOf(static_cast<int>(i), scrape));
  }
  if (!target.appender->CommitRow()) std::abort();
}

struct MemoryHead {
  telemetry::Registry registry;
  HeadMetrics metrics{registry};
  NullCommitLog log;
  Head head{log, metrics, {}};
};

// Rows of 1000 series of 200 targets: what is measured is far larger than the caches.
template <typename Storage>
void AppendRows(benchmark::State& state, Storage& storage) {
  constexpr int kTargets = 200;
  constexpr int kSeries = 1000;
  std::vector<Target> targets;
  for (int i = 0; i < kTargets; ++i) targets.push_back(MakeTarget(storage, i, kSeries));
  // Values are made beforehand: the benchmark is of storing them.
  std::vector<std::vector<double>> values(64);
  for (size_t s = 0; s < values.size(); ++s) {
    for (int i = 0; i < kSeries; ++i) values[s].push_back(ValueOf(i, static_cast<int64_t>(s)));
  }
  int64_t scrape = 0;
  size_t at = 0;
  for (auto _ : state) {
    Target& target = targets[at];
    const std::vector<double>& row = values[static_cast<size_t>(scrape) % values.size()];
    target.appender->BeginRow(kStartMs + scrape * kIntervalMs);
    for (size_t i = 0; i < row.size(); ++i) target.appender->Set(target.slots[i], row[i]);
    if (!target.appender->CommitRow()) std::abort();
    if (++at == targets.size()) at = 0, ++scrape;
  }
  state.SetItemsProcessed(state.iterations() * kSeries);
}

void BM_CommitRowWithoutLog(benchmark::State& state) {
  MemoryHead memory;
  AppendRows(state, memory.head);
}
BENCHMARK(BM_CommitRowWithoutLog)->Iterations(200 * 120);

void BM_CommitRowWithWal(benchmark::State& state) {
  const std::string directory = std::filesystem::temp_directory_path() / "tsdb_benchmark";
  PosixFs fs;
  SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  DatabaseOptions options;
  options.directory = directory;
  {
    auto database = Database::Open(options, fs, clock, logger, registry).value();
    AppendRows(state, *database);
  }
  if (!fs.RemoveAll(directory)) std::abort();
}
BENCHMARK(BM_CommitRowWithWal)->Iterations(200 * 120);

// Start after kill -9: 200 targets x 1000 series x 20 scrapes.
void BM_Replay(benchmark::State& state) {
  const std::string directory = std::filesystem::temp_directory_path() / "tsdb_replay_benchmark";
  PosixFs fs;
  SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  DatabaseOptions options;
  options.directory = directory;
  {
    auto database = Database::Open(options, fs, clock, logger, registry).value();
    std::vector<Target> targets;
    for (int i = 0; i < 200; ++i) targets.push_back(MakeTarget(*database, i, 1000));
    for (int64_t scrape = 0; scrape < 20; ++scrape) {
      for (Target& target : targets) Scrape(target, scrape);
    }
  }
  for (auto _ : state) {
    auto database = Database::Open(options, fs, clock, logger, registry).value();
    if (database->replay_report().samples != 4'000'000) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * 4'000'000);
  if (!fs.RemoveAll(directory)) std::abort();
}
BENCHMARK(BM_Replay)->Iterations(3)->Unit(benchmark::kMillisecond);

void BM_NewSeries(benchmark::State& state) {
  MemoryHead memory;
  std::vector<Labels> labels;
  for (int target = 0; target < 200; ++target) {
    for (int series = 0; series < 1000; ++series) labels.push_back(SeriesLabels(target, series));
  }
  std::vector<std::unique_ptr<storage::RowAppender>> appenders;
  size_t at = 0;
  for (auto _ : state) {
    if (at % 1000 == 0) appenders.push_back(memory.head.MakeRowAppender());
    if (!appenders.back()->SlotOf(labels[at])) std::abort();
    ++at;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_NewSeries)->Iterations(200'000);

void BM_BatchAppend(benchmark::State& state) {
  MemoryHead memory;
  constexpr int kSeries = 100'000;
  std::vector<Labels> labels;
  std::vector<storage::SeriesRef> refs(kSeries);
  for (int i = 0; i < kSeries; ++i) labels.push_back(SeriesLabels(i / 1000, i % 1000));
  int at = 0;
  int64_t round = 0;
  for (auto _ : state) {
    auto appender = memory.head.MakeAppender();
    for (int i = 0; i < 1000; ++i, ++at) {
      refs[at] = appender
                     ->Append(refs[at], refs[at] == 0 ? labels[at] : Labels(),
                              kStartMs + round * kIntervalMs, ValueOf(at, round))
                     .value();
    }
    if (!appender->Commit()) std::abort();
    if (at == kSeries) at = 0, ++round;
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_BatchAppend)->Iterations(3000);

// 100 targets x 1000 series x 40 scrapes; the fixture is shared by the reading benchmarks.
struct FilledHead {
  FilledHead() {
    for (int i = 0; i < 100; ++i) targets.push_back(MakeTarget(memory.head, i, 1000));
    for (int64_t scrape = 0; scrape < 40; ++scrape) {
      for (Target& target : targets) Scrape(target, scrape);
    }
  }
  MemoryHead memory;
  std::vector<Target> targets;
};

FilledHead& Filled() {
  static FilledHead filled;
  return filled;
}

void BM_Select100kSeries(benchmark::State& state) {
  const auto querier = Filled().memory.head.MakeQuerier(kStartMs, INT64_MAX).value();
  const Matcher matchers[] = {Matcher::Equal("job", "node")};
  for (auto _ : state) {
    const auto set = querier->Select(matchers, {}).value();
    if (set->size() != 100'000) std::abort();
  }
}
BENCHMARK(BM_Select100kSeries)->Unit(benchmark::kMicrosecond);

void BM_SelectOneMetricOf1000Series(benchmark::State& state) {
  const auto querier = Filled().memory.head.MakeQuerier(kStartMs, INT64_MAX).value();
  const Matcher matchers[] = {Matcher::Equal("__name__", "node_metric_name_7_total"),
                              Matcher::Equal("job", "node")};
  for (auto _ : state) {
    const auto set = querier->Select(matchers, {}).value();
    if (set->size() != 1000) std::abort();
  }
}
BENCHMARK(BM_SelectOneMetricOf1000Series)->Unit(benchmark::kMicrosecond);

void BM_Latest100kSeries(benchmark::State& state) {
  const auto querier = Filled().memory.head.MakeQuerier(kStartMs, INT64_MAX).value();
  const Matcher matchers[] = {Matcher::Equal("job", "node")};
  const auto set = querier->Select(matchers, {}).value();
  std::vector<storage::SeriesSet::Latest> latest(set->size());
  for (auto _ : state) {
    if (!set->ReadLatest(0, kStartMs, INT64_MAX, latest)) std::abort();
    benchmark::DoNotOptimize(latest.data());
  }
  state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(BM_Latest100kSeries)->Unit(benchmark::kMicrosecond);

void BM_GroupBy100kSeries(benchmark::State& state) {
  const auto querier = Filled().memory.head.MakeQuerier(kStartMs, INT64_MAX).value();
  const Matcher matchers[] = {Matcher::Equal("job", "node")};
  const auto set = querier->Select(matchers, {}).value();
  const std::string names[] = {"instance", "mode"};
  for (auto _ : state) {
    if (set->GroupBy(names, false).group_labels.size() != 200) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * 100'000);
}
BENCHMARK(BM_GroupBy100kSeries)->Unit(benchmark::kMicrosecond);

void BM_Read100kSeries(benchmark::State& state) {
  const auto querier = Filled().memory.head.MakeQuerier(kStartMs, INT64_MAX).value();
  const Matcher matchers[] = {Matcher::Equal("job", "node")};
  const auto set = querier->Select(matchers, {}).value();
  storage::SampleBuffer buffer;
  for (auto _ : state) {
    for (size_t i = 0; i < set->size(); ++i) {
      if (!set->Read(i, kStartMs, INT64_MAX, buffer)) std::abort();
    }
  }
  state.SetItemsProcessed(state.iterations() * 100'000 * 40);
}
BENCHMARK(BM_Read100kSeries)->Unit(benchmark::kMillisecond);

// Heap bytes a series: 200 targets x 1000 series after `scrapes` scrapes.
void BM_BytesPerSeries(benchmark::State& state) {
  for (auto _ : state) {
    MemoryHead memory;
    std::vector<Target> targets;
    for (int i = 0; i < 200; ++i) targets.push_back(MakeTarget(memory.head, i, 1000));
    for (int64_t scrape = 0; scrape < state.range(0); ++scrape) {
      for (Target& target : targets) Scrape(target, scrape);
    }
    state.counters["bytes_per_series"] = static_cast<double>(memory.head.memory_bytes()) / 200'000;
  }
}
BENCHMARK(BM_BytesPerSeries)
    ->Arg(1)
    ->Arg(20)
    ->Arg(40)
    ->Arg(110)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void DecodeChunk(benchmark::State& state, int kind) {
  std::vector<int64_t> timestamps_ms(kSamplesPerChunk);
  std::vector<double> values(kSamplesPerChunk);
  for (size_t i = 0; i < kSamplesPerChunk; ++i) {
    timestamps_ms[i] = kStartMs + static_cast<int64_t>(i) * kIntervalMs;
    values[i] = ValueOf(kind, static_cast<int64_t>(i));
  }
  std::vector<char> bits(kSamplesPerChunk * kMaxXorSampleBytes + 16);
  XorCursor cursor;
  XorAppend(cursor, timestamps_ms.data(), values.data(), kSamplesPerChunk, bits.data());
  const std::string_view chunk(bits.data(), cursor.byte_count());
  for (auto _ : state) {
    if (!XorDecode(chunk, kSamplesPerChunk, timestamps_ms.data(), values.data())) std::abort();
    benchmark::DoNotOptimize(values.data());
  }
  state.SetItemsProcessed(state.iterations() * kSamplesPerChunk);
  state.counters["bytes_per_sample"] = static_cast<double>(chunk.size()) / kSamplesPerChunk;
}
void BM_DecodeConstant(benchmark::State& state) { DecodeChunk(state, 0); }
void BM_DecodeCounter(benchmark::State& state) { DecodeChunk(state, 3); }
void BM_DecodeGauge(benchmark::State& state) { DecodeChunk(state, 1); }
BENCHMARK(BM_DecodeConstant);
BENCHMARK(BM_DecodeCounter);
BENCHMARK(BM_DecodeGauge);

}  // namespace
}  // namespace tocsin::tsdb

BENCHMARK_MAIN();

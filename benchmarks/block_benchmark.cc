// A block of N series with labels as exporters have them: opening, selecting, reading.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/fs.h"
#include "tsdb/block/block_querier.h"
#include "tsdb/block/block_writer.h"
#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kStartMs = 1'600'000'000'000;
constexpr int64_t kEndMs = kStartMs + 7'200'000;
constexpr size_t kMetrics = 500;

std::vector<Labels> MakeLabels(size_t series_count) {
  std::vector<Labels> all;
  for (size_t i = 0; i < series_count; ++i) {
    const size_t target = i / kMetrics;
    all.push_back(Labels{{"__name__", fmt::format("node_metric_{}_total", i % kMetrics)},
                         {"cluster", "eu-west-1"},
                         {"device", fmt::format("disk{}", i % 7)},
                         {"instance", fmt::format("10.1.{}.{}:9100", target / 250, target % 250)},
                         {"job", target % 3 ? "node" : "cadvisor"},
                         {"pod", fmt::format("web-{:05}", target)}});
  }
  std::ranges::sort(all);
  return all;
}

/// A block in a temporary directory, kept for all benchmarks of its size.
class BlockOnDisk {
 public:
  explicit BlockOnDisk(size_t series_count, size_t samples_per_series) {
    path_ = "/tmp/block_benchmark.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
    const std::vector<Labels> series = MakeLabels(series_count);
    std::vector<std::string_view> symbols;
    for (const Labels& labels : series) {
      for (const LabelView label : labels) {
        symbols.push_back(label.name);
        symbols.push_back(label.value);
      }
    }
    std::ranges::sort(symbols);
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    const Ulid ulid = Ulid::Make(kStartMs, [] { return uint64_t{7}; });
    auto writer = *BlockWriter::Create(fs_, path_, ulid);
    if (!writer->AddSymbols(symbols)) std::abort();
    std::mt19937_64 random(1);
    std::vector<storage::EncodedChunk> chunks;
    for (const Labels& labels : series) {
      chunks.clear();
      ChunkWriter encoder(chunks);
      double value = 0;
      for (size_t i = 0; i < samples_per_series; ++i) {
        value += static_cast<double>(random() % 100);
        encoder.Append(kStartMs + static_cast<int64_t>(i) * 15'000, value);
      }
      encoder.Finish();
      if (!writer->AddSeries(labels, chunks)) std::abort();
    }
    BlockMeta meta;
    meta.min_time_ms = kStartMs;
    meta.max_time_ms = kEndMs;
    meta.compaction.level = 1;
    if (!writer->Finish(meta)) std::abort();
    directory_ = path_ + "/" + ulid.ToString();
  }
  ~BlockOnDisk() { (void)fs_.RemoveAll(path_); }
  std::shared_ptr<BlockReader> Open() { return *BlockReader::Open(fs_, directory_); }

 private:
  PosixFs fs_;
  std::string path_;
  std::string directory_;
};

BlockOnDisk& BlockOf(size_t series_count) {
  static std::unique_ptr<BlockOnDisk> block;
  static size_t size = 0;
  if (size != series_count) {
    block.reset();
    block = std::make_unique<BlockOnDisk>(series_count, 240);
    size = series_count;
  }
  return *block;
}

void WriteBlock(benchmark::State& state) {
  const auto series_count = static_cast<size_t>(state.range(0));
  for (auto _ : state) BlockOnDisk block(series_count, 240);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void OpenBlock(benchmark::State& state) {
  BlockOnDisk& block = BlockOf(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(block.Open());
}

void Select(benchmark::State& state, const std::vector<Matcher>& matchers) {
  const auto block = BlockOf(static_cast<size_t>(state.range(0))).Open();
  BlockQuerier querier(block, kStartMs, kEndMs);
  size_t found = 0;
  for (auto _ : state) found = (*querier.Select(matchers, {kStartMs, kEndMs, 0, 0}))->size();
  state.counters["series"] = static_cast<double>(found);
  state.counters["ns_per_series"] = benchmark::Counter(
      static_cast<double>(found) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

Matcher Make(MatchType type, std::string_view name, std::string_view value) {
  return *Matcher::Make(type, name, value);
}

void SelectMetric(benchmark::State& state) {
  Select(state, {Make(MatchType::kEqual, "__name__", "node_metric_7_total")});
}
void SelectMetricOfJob(benchmark::State& state) {
  Select(state, {Make(MatchType::kEqual, "__name__", "node_metric_7_total"),
                 Make(MatchType::kEqual, "job", "node")});
}
void SelectOneSeries(benchmark::State& state) {
  Select(state, {Make(MatchType::kEqual, "__name__", "node_metric_7_total"),
                 Make(MatchType::kEqual, "instance", "10.1.0.17:9100")});
}
void SelectAlternation(benchmark::State& state) {
  Select(state, {Make(MatchType::kEqual, "__name__", "node_metric_7_total"),
                 Make(MatchType::kRegex, "pod", "web-00001|web-00002|web-00050")});
}
void SelectPrefix(benchmark::State& state) {
  Select(state, {Make(MatchType::kEqual, "__name__", "node_metric_7_total"),
                 Make(MatchType::kRegex, "instance", "10.1.0.1.*")});
}
void SelectRegex(benchmark::State& state) {
  Select(state, {Make(MatchType::kRegex, "__name__", "node_metric_[0-9]_t[a-z]+"),
                 Make(MatchType::kNotRegex, "pod", ".*[13579]")});
}

void ReadSamples(benchmark::State& state) {
  const auto block = BlockOf(static_cast<size_t>(state.range(0))).Open();
  BlockQuerier querier(block, kStartMs, kEndMs);
  const std::vector matchers = {Make(MatchType::kRegex, "__name__", "node_metric_1.*")};
  const auto set = *querier.Select(matchers, {kStartMs, kEndMs, 0, 0});
  storage::SampleBuffer samples;
  int64_t sample_count = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < set->size(); ++i) {
      if (!set->Read(i, kStartMs, kEndMs, samples)) std::abort();
      sample_count += static_cast<int64_t>(samples.values.size());
    }
  }
  state.SetItemsProcessed(sample_count);
}

void ReadLabels(benchmark::State& state) {
  const auto block = BlockOf(static_cast<size_t>(state.range(0))).Open();
  BlockQuerier querier(block, kStartMs, kEndMs);
  const auto set = *querier.Select(std::vector<Matcher>{}, {kStartMs, kEndMs, 0, 0});
  for (auto _ : state) {
    for (size_t i = 0; i < set->size(); ++i) benchmark::DoNotOptimize(set->LabelsOf(i));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(set->size()));
}

void GroupByInstance(benchmark::State& state) {
  const auto block = BlockOf(static_cast<size_t>(state.range(0))).Open();
  BlockQuerier querier(block, kStartMs, kEndMs);
  const auto set = *querier.Select(std::vector<Matcher>{}, {kStartMs, kEndMs, 0, 0});
  const std::vector<std::string> names = {"instance"};
  for (auto _ : state) benchmark::DoNotOptimize(set->GroupBy(names, false));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(set->size()));
}

#define BLOCK_BENCHMARK(name) BENCHMARK(name)->Unit(benchmark::kMicrosecond)->Arg(100'000)
BLOCK_BENCHMARK(WriteBlock)->Iterations(1);
BLOCK_BENCHMARK(OpenBlock);
BLOCK_BENCHMARK(SelectMetric);
BLOCK_BENCHMARK(SelectMetricOfJob);
BLOCK_BENCHMARK(SelectOneSeries);
BLOCK_BENCHMARK(SelectAlternation);
BLOCK_BENCHMARK(SelectPrefix);
BLOCK_BENCHMARK(SelectRegex);
BLOCK_BENCHMARK(ReadSamples);
BLOCK_BENCHMARK(ReadLabels);
BLOCK_BENCHMARK(GroupByInstance);
#undef BLOCK_BENCHMARK

#define BLOCK_BENCHMARK(name) BENCHMARK(name)->Unit(benchmark::kMicrosecond)->Arg(1'000'000)
BLOCK_BENCHMARK(OpenBlock);
BLOCK_BENCHMARK(SelectMetric);
BLOCK_BENCHMARK(SelectMetricOfJob);
BLOCK_BENCHMARK(SelectAlternation);
BLOCK_BENCHMARK(SelectPrefix);
BLOCK_BENCHMARK(SelectRegex);
BLOCK_BENCHMARK(ReadSamples);
BLOCK_BENCHMARK(GroupByInstance);
#undef BLOCK_BENCHMARK

}  // namespace
}  // namespace tocsin::tsdb

BENCHMARK_MAIN();

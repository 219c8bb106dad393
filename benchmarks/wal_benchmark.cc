// What the write-ahead log costs a sample: encoding a scrape, logging it, replaying it.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <random>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/fs.h"
#include "base/log.h"
#include "telemetry/registry.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {
namespace {

constexpr size_t kSeriesPerScrape = 1000;

/// A scrape of a thousand series: half constant, half counters with two decimals.
struct Scrape {
  explicit Scrape(uint32_t first_ref) {
    std::mt19937_64 random(first_ref);
    for (uint32_t i = 0; i < kSeriesPerScrape; ++i) {
      refs.push_back(first_ref + i);
      values.push_back(static_cast<double>(random() % 1'000'000) / 100);
    }
    present.assign(kSeriesPerScrape / 64 + 1, ~uint64_t{0});
    present.back() = (uint64_t{1} << kSeriesPerScrape % 64) - 1;
  }
  void Advance() {
    for (size_t i = 0; i < values.size(); i += 2) values[i] += 0.37;
  }
  void Encode(int64_t timestamp_ms, std::string& record) const {
    record.clear();
    EncodeRow(timestamp_ms, std::span<const uint32_t>(refs), values.data(), present.data(), record);
  }

  std::vector<uint32_t> refs;
  std::vector<double> values;
  std::vector<uint64_t> present;
};

class CountingVisitor final : public ReplayVisitor {
 public:
  Status OnSeries(SeriesBatch& batch) override {
    series += batch.series.size();
    return {};
  }
  Status OnSamples(std::vector<SampleRecord>& batch) override {
    samples += batch.size();
    return {};
  }
  size_t series = 0;
  size_t samples = 0;
};

class Directory {
 public:
  Directory() {
    char pattern[] = "/tmp/wal_benchmark.XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~Directory() { (void)fs.RemoveAll(path_); }
  std::unique_ptr<Wal> Open(WalCompression compression) {
    return std::move(
        *Wal::Open({fs, clock, logger, registry}, path_, {.compression = compression}));
  }

  PosixFs fs;
  SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;

 private:
  std::string path_;
};

void BM_Crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->Arg(64)->Arg(1024)->Arg(32768);

void BM_EncodeRow(benchmark::State& state) {
  const Scrape scrape(100'000);
  std::string record;
  for (auto _ : state) {
    scrape.Encode(1'700'000'000'000, record);
    benchmark::DoNotOptimize(record.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSeriesPerScrape));
}
BENCHMARK(BM_EncodeRow);

void BM_DecodeSamples(benchmark::State& state) {
  std::string record;
  Scrape(100'000).Encode(1'700'000'000'000, record);
  std::vector<SampleRecord> samples;
  for (auto _ : state) {
    (void)DecodeSamples(record, samples);
    benchmark::DoNotOptimize(samples.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSeriesPerScrape));
}
BENCHMARK(BM_DecodeSamples);

/// Encode, compress, frame, checksum and write(2): all that a scrape pays.
void BM_LogRow(benchmark::State& state) {
  Directory directory;
  const auto wal = directory.Open(static_cast<WalCompression>(state.range(0)));
  Scrape scrape(100'000);
  std::string record;
  int64_t timestamp_ms = 1'700'000'000'000;
  for (auto _ : state) {
    scrape.Advance();
    scrape.Encode(timestamp_ms += 5000, record);
    if (!wal->Log(record)) state.SkipWithError("log failed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSeriesPerScrape));
}
BENCHMARK(BM_LogRow)->ArgName("compression")->DenseRange(0, 2)->Iterations(20'000);

void BM_ReplaySamples(benchmark::State& state) {
  constexpr int kScrapes = 5'000;
  Directory directory;
  {
    const auto wal = directory.Open(static_cast<WalCompression>(state.range(0)));
    Scrape scrape(100'000);
    std::string record;
    for (int i = 0; i < kScrapes; ++i) {
      scrape.Advance();
      scrape.Encode(1'700'000'000'000 + i * 5000, record);
      (void)wal->Log(record);
    }
  }
  const auto wal = directory.Open(WalCompression::kSnappy);
  size_t samples = 0;
  for (auto _ : state) {
    CountingVisitor visitor;
    (void)wal->Replay(visitor);
    samples += visitor.samples;
  }
  state.SetItemsProcessed(static_cast<int64_t>(samples));
}
BENCHMARK(BM_ReplaySamples)->ArgName("compression")->DenseRange(0, 2);

void BM_ReplaySeries(benchmark::State& state) {
  constexpr int kSeries = 100'000;
  Directory directory;
  {
    const auto wal = directory.Open(WalCompression::kSnappy);
    for (int begin = 0; begin < kSeries; begin += 1000) {
      std::string record;
      BeginSeriesRecord(record);
      for (int i = begin; i < begin + 1000; ++i) {
        AppendSeries(static_cast<uint64_t>(i),
                     Labels{{"__name__", "node_cpu_seconds_total"},
                            {"instance", "host-" + std::to_string(begin)},
                            {"job", "node"},
                            {"cpu", std::to_string(i % 64)},
                            {"mode", "idle"}},
                     record);
      }
      (void)wal->Log(record);
    }
  }
  const auto wal = directory.Open(WalCompression::kSnappy);
  size_t series = 0;
  for (auto _ : state) {
    CountingVisitor visitor;
    (void)wal->Replay(visitor);
    series += visitor.series;
  }
  state.SetItemsProcessed(static_cast<int64_t>(series));
}
BENCHMARK(BM_ReplaySeries);

}  // namespace
}  // namespace tocsin::tsdb

BENCHMARK_MAIN();

// What a sample costs in chunks: encoding and decoding by encoding and kind of data, histograms,
// and the way to head chunk files and back.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/fs.h"
#include "tsdb/chunks/chunk.h"
#include "tsdb/chunks/chunk_writer.h"
#include "tsdb/head_chunks/head_chunk_files.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

enum Data { kConstant, kCounter, kDecimalCounter, kGauge, kMixed, kNoise };

struct Samples {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

double ValueOf(Data data, size_t i, std::mt19937_64& random, double before) {
  switch (data) {
    case kConstant:
      return 42;
    case kCounter:
      return before + static_cast<double>(random() % 1000);
    case kDecimalCounter:
      return std::round((before + static_cast<double>(random() % 1500) / 100) * 100) / 100;
    case kGauge:
      return 4096.0 * static_cast<double>(100'000 + random() % 1000);
    case kMixed:  // Mostly the same, now and then another.
      return i % 8 == 0 ? static_cast<double>(random() % 100) : before;
    case kNoise:
      return std::sqrt(static_cast<double>(random()));
  }
  return 0;
}

Samples MakeSamples(Data data, size_t count) {
  std::mt19937_64 random(1);
  Samples samples;
  double value = 1;
  for (size_t i = 0; i < count; ++i) {
    samples.timestamps_ms.push_back(1'700'000'000'000 + static_cast<int64_t>(i) * 15'000);
    samples.values.push_back(value = ValueOf(data, i, random, value));
  }
  return samples;
}

storage::EncodedChunk Encode(ChunkEncoding encoding, const Samples& samples) {
  return EncodeFloats(encoding, samples.timestamps_ms.data(), samples.values.data(), nullptr,
                      samples.values.size());
}

void BM_EncodeFloats(benchmark::State& state) {
  const auto encoding = static_cast<ChunkEncoding>(state.range(0));
  const auto count = static_cast<size_t>(state.range(2));
  const Samples samples = MakeSamples(static_cast<Data>(state.range(1)), count);
  for (auto _ : state) benchmark::DoNotOptimize(Encode(encoding, samples));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}

void BM_DecodeFloats(benchmark::State& state) {
  const auto encoding = static_cast<ChunkEncoding>(state.range(0));
  const auto count = static_cast<size_t>(state.range(2));
  const storage::EncodedChunk chunk =
      Encode(encoding, MakeSamples(static_cast<Data>(state.range(1)), count));
  storage::SampleBuffer out;
  for (auto _ : state) {
    out.Clear();
    if (!DecodeChunk(chunk.encoding, chunk.bytes, kMin, kMax, out)) state.SkipWithError("decode");
    benchmark::DoNotOptimize(out.values.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
  state.counters["bytes/sample"] =
      static_cast<double>(chunk.bytes.size()) / static_cast<double>(count);
}

void EveryKind(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"encoding", "data", "samples"});
  for (const auto encoding : {ChunkEncoding::kXor, ChunkEncoding::kXor2, ChunkEncoding::kDense}) {
    for (int data = kConstant; data <= kNoise; ++data) {
      benchmark->Args({static_cast<int64_t>(encoding), data, 120});
    }
  }
  for (int data = kConstant; data <= kNoise; ++data) {
    benchmark->Args({static_cast<int64_t>(ChunkEncoding::kDense), data, 960});
  }
}
BENCHMARK(BM_EncodeFloats)->Apply(EveryKind);
BENCHMARK(BM_DecodeFloats)->Apply(EveryKind);

Histogram HistogramAt(uint64_t i) {
  Histogram histogram;
  histogram.schema = 3;
  histogram.positive_spans = {{0, 30}, {4, 10}};
  for (uint64_t k = 0; k < 40; ++k) {
    histogram.positive_deltas.push_back(k == 0 ? static_cast<int64_t>(10 * i + 100)
                                               : (k % 2 == 0 ? 5 : -5));
  }
  int64_t count = 0;
  for (const int64_t delta : histogram.positive_deltas) {
    histogram.count += static_cast<uint64_t>(count += delta);
  }
  histogram.sum = static_cast<double>(histogram.count) * 0.3;
  return histogram;
}

void BM_EncodeHistograms(benchmark::State& state) {
  std::vector<Histogram> histograms;
  for (uint64_t i = 0; i < 120; ++i) histograms.push_back(HistogramAt(i));
  for (auto _ : state) {
    std::vector<storage::EncodedChunk> chunks;
    ChunkWriter writer(chunks);
    for (size_t i = 0; i < 120; ++i) writer.Append(static_cast<int64_t>(i), histograms[i]);
    writer.Finish();
    benchmark::DoNotOptimize(chunks.data());
  }
  state.SetItemsProcessed(state.iterations() * 120);
}
BENCHMARK(BM_EncodeHistograms);

void BM_DecodeHistograms(benchmark::State& state) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  for (uint64_t i = 0; i < 120; ++i) writer.Append(static_cast<int64_t>(i), HistogramAt(i));
  writer.Finish();
  storage::SampleBuffer out;
  for (auto _ : state) {
    out.Clear();
    for (const auto& chunk : chunks) {
      (void)DecodeChunk(chunk.encoding, chunk.bytes, kMin, kMax, out);
    }
    benchmark::DoNotOptimize(out.histograms.data());
  }
  state.SetItemsProcessed(state.iterations() * 120);
}
BENCHMARK(BM_DecodeHistograms);

class Directory {
 public:
  Directory() {
    char pattern[] = "/tmp/chunk_benchmark.XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~Directory() { (void)fs.RemoveAll(path_); }
  std::unique_ptr<HeadChunkFiles> Open() { return std::move(*HeadChunkFiles::Open(fs, path_)); }

  PosixFs fs;

 private:
  std::string path_;
};

constexpr int64_t kHeadChunks = 500'000;
constexpr size_t kHeadChunkBytes = 160;

void BM_WriteHeadChunks(benchmark::State& state) {
  const std::string bytes(kHeadChunkBytes, 'x');
  for (auto _ : state) {
    Directory directory;
    auto files = directory.Open();
    for (int64_t i = 0; i < kHeadChunks; ++i) {
      (void)files->Write(static_cast<uint64_t>(i), i, i, 1, bytes, false);
    }
    (void)files->Flush();
  }
  state.SetItemsProcessed(state.iterations() * kHeadChunks);
  state.SetBytesProcessed(state.iterations() * kHeadChunks *
                          static_cast<int64_t>(kHeadChunkBytes + 31));
}
BENCHMARK(BM_WriteHeadChunks)->Unit(benchmark::kMillisecond)->Iterations(3);

void BM_OpenAndReadHeadChunks(benchmark::State& state) {
  const std::string bytes(kHeadChunkBytes, 'x');
  Directory directory;
  {
    auto files = directory.Open();
    for (int64_t i = 0; i < kHeadChunks; ++i) {
      (void)files->Write(static_cast<uint64_t>(i), i, i, 1, bytes, false);
    }
  }
  for (auto _ : state) {
    auto files = directory.Open();
    uint64_t sum = 0;
    (void)files->ForEach(
        [&sum](HeadChunkRef, const HeadChunk& chunk) -> Status {
          sum += chunk.series_ref;
          return {};
        },
        [](const HeadChunkDamage&) {});
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * kHeadChunks);
}
BENCHMARK(BM_OpenAndReadHeadChunks)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tocsin::tsdb

BENCHMARK_MAIN();

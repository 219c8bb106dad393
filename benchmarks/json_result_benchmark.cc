// What a sample of an answer costs as JSON: pre-rendered timestamps and the text of the value.
#include <benchmark/benchmark.h>

#include <random>

#include "web/json_result.h"

namespace tocsin::web {
namespace {

enum Values { kCounters, kDecimals, kRates };

promql::Matrix MakeMatrix(Values kind, size_t series_count, size_t steps) {
  promql::Matrix matrix;
  for (size_t i = 0; i < steps; ++i) {
    matrix.timestamps_ms.push_back(1'700'000'000'000 + static_cast<int64_t>(i) * 15'000);
  }
  std::mt19937_64 random(20260103);
  for (size_t s = 0; s < series_count; ++s) {
    promql::MatrixSeries series;
    series.labels = Labels{{"__name__", "http_requests_total"},
                           {"instance", "host-" + std::to_string(s) + ":9100"},
                           {"job", "node"}};
    for (size_t i = 0; i < steps; ++i) {
      const auto number = static_cast<double>(random() % 100'000'000);
      series.values.push_back(kind == kCounters   ? number
                              : kind == kDecimals ? number / 100
                                                  : number / 15 / 7);
    }
    matrix.series.push_back(std::move(series));
  }
  return matrix;
}

void BM_MatrixAsJson(benchmark::State& state) {
  promql::QueryResult result;
  result.value = MakeMatrix(static_cast<Values>(state.range(0)), 100, 1'000);
  uint64_t bytes = 0;
  for (auto _ : state) {
    ResultJsonWriter writer(result, StatsDetail::kNone, {});
    std::string piece;
    bool has_more = true;
    while (has_more) {
      piece.clear();
      has_more = writer.Write(piece);
      bytes += piece.size();
    }
  }
  state.SetItemsProcessed(state.iterations() * 100'000);
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_MatrixAsJson)->Arg(kCounters)->Arg(kDecimals)->Arg(kRates);

}  // namespace
}  // namespace tocsin::web

BENCHMARK_MAIN();

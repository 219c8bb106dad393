// What a page costs from its bytes to a row in storage, with a row that only remembers: parsing,
// prediction and setting values. Rates are per sample; bytes per second are of the page's text.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "exposition/text_parser.h"
#include "scraper/scrape_metrics.h"
#include "scraper/scrape_settings.h"
#include "scraper/series_text_hash.h"
#include "scraper/target_appender.h"
#include "telemetry/registry.h"

namespace tocsin::scraper {
namespace {

/// Slots by labels, values in a row, no samples.
class MemoryRow final : public storage::RowAppender {
 public:
  MemoryRow() { Resize(1 << 20); }
  Result<Slot> SlotOf(const Labels& labels) override {
    return slots_.try_emplace(labels.bytes(), static_cast<Slot>(slots_.size())).first->second;
  }
  void BeginRow(int64_t) override { std::fill_n(bits_.begin(), slots_.size() / 64 + 1, 0); }
  bool SetAt(Slot slot, int64_t, double value, bool) override { return Set(slot, value); }
  Result<storage::RowResult> CommitRow() override { return storage::RowResult{}; }
  void AbortRow() override {}

 private:
  void Resize(size_t size) {
    values_.resize(size);
    bits_.resize(size / 64 + 1);
    row_ = values_.data();
    present_ = bits_.data();
  }
  std::map<std::string, Slot> slots_;
  std::vector<double> values_;
  std::vector<uint64_t> bits_;
};

class MemoryStorage final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> MakeAppender() override { return nullptr; }
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override {
    return std::make_unique<MemoryRow>();
  }
};

std::string ReadPage(const std::string& name) {
  for (const std::string directory : {"tests/data/", "../tests/data/", "../../tests/data/"}) {
    std::ifstream file(directory + name, std::ios::binary);
    if (file) return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::abort();  // Run it in the repository.
}

/// One target and everything around it.
struct Bench {
  NullLogger logger;
  telemetry::Registry registry;
  ScrapeMetrics metrics{registry};
  MetadataPool pool;
  MemoryStorage storage;
  Labels labels = {{"instance", "localhost:9100"}, {"job", "node"}};
  std::shared_ptr<const ScrapeSettings> settings = MakeScrapeSettings({});
  TargetAppender appender{storage, pool, metrics};
  int64_t now_ms = 1000;
  exposition::Format format = exposition::Format::kText;

  uint64_t Scrape(const std::string& page) {
    PageCounts counts;
    appender.BeginRow(now_ms += 1000);
    if (!appender.AppendPage({page, format, {}}, *settings, labels, now_ms, counts)) std::abort();
    if (!appender.Commit(logger)) std::abort();
    return counts.samples;
  }
};

void Report(benchmark::State& state, uint64_t samples, uint64_t bytes) {
  state.SetItemsProcessed(static_cast<int64_t>(samples));
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
  state.counters["ns/sample"] =
      benchmark::Counter(static_cast<double>(samples) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void ScrapePages(benchmark::State& state, const std::vector<std::string>& pages) {
  Bench bench;
  for (const std::string& page : pages) bench.Scrape(page);
  uint64_t samples = 0;
  uint64_t bytes = 0;
  size_t next = 0;
  for (auto _ : state) {
    const std::string& page = pages[next++ % pages.size()];
    samples += bench.Scrape(page);
    bytes += page.size();
  }
  Report(state, samples, bytes);
}

std::vector<std::string> Lines(const std::string& page) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) {
    lines.push_back(page.substr(at, page.find('\n', at) - at + 1));
  }
  return lines;
}

void BM_KnownPage(benchmark::State& state, const char* name) {
  ScrapePages(state, {ReadPage(name)});
}
BENCHMARK_CAPTURE(BM_KnownPage, node_exporter, "node_exporter.prom");
BENCHMARK_CAPTURE(BM_KnownPage, redis_exporter, "redis_exporter.prom");
BENCHMARK_CAPTURE(BM_KnownPage, alertmanager, "alertmanager.prom");

// The pages of many targets, so that neither text nor cache is in the processor's caches.
void BM_KnownPagesOfManyTargets(benchmark::State& state) {
  const std::string page = ReadPage("node_exporter.prom");
  const size_t count = 1000;
  std::vector<std::string> pages(count, page);
  std::vector<std::unique_ptr<Bench>> targets;
  for (size_t i = 0; i < count; ++i) {
    targets.push_back(std::make_unique<Bench>());
    targets.back()->Scrape(page);
  }
  uint64_t samples = 0;
  size_t next = 0;
  for (auto _ : state) {
    samples += targets[next % count]->Scrape(pages[next % count]);
    ++next;
  }
  Report(state, samples, samples / 507 * page.size());
}
BENCHMARK(BM_KnownPagesOfManyTargets);

std::string ReadSharedPage(const std::string& name) {
  for (const std::string directory : {"../shared/pages/", "../../shared/pages/"}) {
    std::ifstream file(directory + name, std::ios::binary);
    if (file) return std::string(std::istreambuf_iterator<char>(file), {});
  }
  return {};
}

void ScrapeFormat(benchmark::State& state, const std::string& page, exposition::Format format) {
  if (page.empty()) return state.SkipWithError("skipped: the page is not here");
  Bench bench;
  bench.format = format;
  bench.Scrape(page);
  uint64_t samples = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    samples += bench.Scrape(page);
    bytes += page.size();
  }
  Report(state, samples, bytes);
}

// The page of the text benchmark, with its end.
void BM_KnownOpenMetricsPage(benchmark::State& state) {
  std::string page;
  for (const std::string& line : Lines(ReadPage("node_exporter.prom"))) {
    const bool is_untyped = line.starts_with("# TYPE ") && line.ends_with(" untyped\n");
    page += is_untyped ? line.substr(0, line.rfind(' ')) + " unknown\n" : line;
  }
  ScrapeFormat(state, page + "# EOF\n", exposition::Format::kOpenMetrics);
}
BENCHMARK(BM_KnownOpenMetricsPage);

void BM_KnownProtobufPage(benchmark::State& state) {
  ScrapeFormat(state, ReadSharedPage("node_exporter.protobuf"), exposition::Format::kProtobuf);
}
BENCHMARK(BM_KnownProtobufPage);

void BM_OneLineChanges(benchmark::State& state) {
  std::vector<std::string> lines = Lines(ReadPage("node_exporter.prom"));
  std::vector<std::string> pages;
  for (int version = 0; version < 2; ++version) {
    lines.insert(lines.begin() + 100, "changing{version=\"" + std::to_string(version) + "\"} 1\n");
    std::string page;
    for (const std::string& line : lines) page += line;
    pages.push_back(page);
    lines.erase(lines.begin() + 100);
  }
  ScrapePages(state, pages);
}
BENCHMARK(BM_OneLineChanges);

void BM_ShuffledEachTime(benchmark::State& state) {
  std::vector<std::string> lines = Lines(ReadPage("node_exporter.prom"));
  std::mt19937_64 random(1);
  std::vector<std::string> pages;
  for (int i = 0; i < 16; ++i) {
    std::shuffle(lines.begin(), lines.end(), random);
    std::string page;
    for (const std::string& line : lines) page += line;
    pages.push_back(page);
  }
  ScrapePages(state, pages);
}
BENCHMARK(BM_ShuffledEachTime);

void BM_NewTarget(benchmark::State& state) {
  const std::string page = ReadPage("node_exporter.prom");
  uint64_t samples = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto bench = std::make_unique<Bench>();
    state.ResumeTiming();
    samples += bench->Scrape(page);
    state.PauseTiming();
    bench.reset();
    state.ResumeTiming();
  }
  Report(state, samples, samples / 507 * page.size());
}
BENCHMARK(BM_NewTarget);

void BM_LexOnly(benchmark::State& state) {
  const std::string page = ReadPage("node_exporter.prom");
  uint64_t samples = 0;
  for (auto _ : state) {
    exposition::TextParser parser(page);
    for (auto entry = parser.Next(); entry != exposition::TextParser::Entry::kEnd;
         entry = parser.Next()) {
      samples += entry == exposition::TextParser::Entry::kSeries;
    }
  }
  Report(state, samples, samples / 507 * page.size());
}
BENCHMARK(BM_LexOnly);

void BM_Hash(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(HashSeriesText(text.data(), text.size()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Hash)->Arg(12)->Arg(40)->Arg(88)->Arg(200);

}  // namespace
}  // namespace tocsin::scraper

BENCHMARK_MAIN();

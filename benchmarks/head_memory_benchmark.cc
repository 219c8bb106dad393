// What a series costs in memory, part by part, and what it costs to start again: synthetic hosts of
// 1000 series (compare/host_page.h) with the labels that targets get.
#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "compare/host_page.h"
#include "model/labels.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"
#include "tsdb/commit_log.h"
#include "tsdb/head.h"
#include "tsdb/head_chunks/head_chunk_files.h"
#include "tsdb/head_metrics.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int64_t kIntervalMs = 15'000;
constexpr int64_t kScrapesPerMinute = 4;  // A minute is how often chunks move to files.

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// `name{a="b",c="d"}`: the page has no escapes.
LabelPairs ParseSeries(std::string_view text) {
  LabelPairs labels;
  const size_t brace = text.find('{');
  labels.emplace_back("__name__", text.substr(0, brace));
  if (brace == text.npos) return labels;
  text.remove_prefix(brace + 1);
  while (text.size() > 1) {
    const size_t equals = text.find('=');
    const size_t end = text.find('"', equals + 2);
    labels.emplace_back(text.substr(0, equals), text.substr(equals + 2, end - equals - 2));
    text.remove_prefix(end + 2);
  }
  return labels;
}

// Calls visit(series text, value) for each sample of a page.
template <typename Visit>
void ForEachSample(std::string_view page, Visit visit) {
  while (!page.empty()) {
    const size_t end = page.find('\n');
    const std::string_view line = page.substr(0, end);
    page.remove_prefix(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const size_t space = line.rfind(' ');
    double value = 0;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
    visit(line.substr(0, space), value);
  }
}

// What service discovery and relabelling put on each series of a host: two labels, or ten.
LabelPairs TargetLabels(int target, bool is_rich) {
  const std::string number = std::to_string(target);
  LabelPairs labels = {{"instance", "host-" + number + ".example.org:9100"}, {"job", "node"}};
  if (!is_rich) return labels;
  labels.insert(labels.end(), {{"cluster", "production-" + std::to_string(target % 7)},
                               {"datacenter", "dc" + std::to_string(target % 3)},
                               {"environment", "production"},
                               {"host", "host-" + number},
                               {"kernel", "6.1.0-" + std::to_string(target % 5)},
                               {"rack", "rack-" + std::to_string(target / 40)},
                               {"region", "eu-west-" + std::to_string(target % 2)},
                               {"team", "platform"}});
  return labels;
}

class Fleet {
 public:
  Fleet(storage::Appendable& storage, int targets, bool is_rich) {
    for (int i = 0; i < targets; ++i) {
      hosts_.push_back({page_.MakeHost(static_cast<uint64_t>(i)), storage.MakeRowAppender(), {}});
      AddSeries(hosts_.back(), TargetLabels(i, is_rich));
    }
  }

  void Scrape(int64_t scrape) {
    for (Host& host : hosts_) {
      page_.Render(host.page);
      host.appender->BeginRow(kStartMs + scrape * kIntervalMs);
      size_t at = 0;
      ForEachSample(page_.text(), [&](std::string_view, double value) {
        host.appender->Set(host.slots[at++], value);
      });
      if (!host.appender->CommitRow()) std::abort();
    }
  }

 private:
  struct Host {
    compare::HostPage::Host page;
    std::unique_ptr<storage::RowAppender> appender;
    std::vector<storage::RowAppender::Slot> slots;
  };

  void AddSeries(Host& host, const LabelPairs& target_labels) {
    ForEachSample(page_.text(), [&](std::string_view text, double) {
      LabelPairs labels = ParseSeries(text);
      labels.insert(labels.end(), target_labels.begin(), target_labels.end());
      host.slots.push_back(host.appender->SlotOf(Labels::FromPairs(std::move(labels))).value());
    });
  }

  compare::HostPage page_;
  std::vector<Host> hosts_;
};

double ResidentBytes() {
  std::array<char, 256> line;
  double kib = 0;
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  while (file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr) {
    if (std::strncmp(line.data(), "VmRSS:", 6) == 0) kib = std::strtod(line.data() + 6, nullptr);
  }
  if (file != nullptr) std::fclose(file);
  return kib * 1024;
}

// Arguments: targets of 1000 series, scrapes, labels of the target (0: two, 1: ten).
void BM_BytesPerSeries(benchmark::State& state) {
  const double empty_bytes = ResidentBytes();
  for (auto _ : state) {
    telemetry::Registry registry;
    HeadMetrics metrics(registry);
    NullCommitLog log;
    PosixFs fs;
    const std::string directory = std::filesystem::temp_directory_path() / "head_memory_benchmark";
    if (!fs.RemoveAll(directory)) std::abort();
    const auto files = HeadChunkFiles::Open(fs, directory).value();
    HeadOptions options;
    options.chunk_files = files.get();
    Head head(log, metrics, options);
    const auto targets = static_cast<int>(state.range(0));
    Fleet fleet(head, targets, state.range(2) != 0);
    for (int64_t scrape = 0; scrape < state.range(1); ++scrape) {
      fleet.Scrape(scrape);
      if (scrape % kScrapesPerMinute == 0 && !head.MapFullChunks()) std::abort();
    }
    const double series = 1000.0 * targets;
    const HeadMemory memory = head.Memory();
    const auto show = [&](const char* name, uint64_t bytes) {
      state.counters[name] = static_cast<double>(bytes) / series;
    };
    show("0_total", memory.total());
    show("1_texts", memory.label_texts);
    show("2_postings", memory.postings);
    show("3_label_sets", memory.label_sets);
    show("4_table", memory.series_table);
    show("5_entries", memory.entries);
    show("6_columns", memory.columns);
    show("7_chunks", memory.chunks);
    show("8_rows", memory.rows);
    state.counters["9_resident"] = (ResidentBytes() - empty_bytes) / series;
    state.counters["in_files"] = static_cast<double>(files->size_bytes()) / series;
  }
}
BENCHMARK(BM_BytesPerSeries)
    ->ArgsProduct({{100}, {1, 20, 40, 480}, {0, 1}})
    ->ArgsProduct({{500}, {20}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

class WalLog final : public CommitLog {
 public:
  explicit WalLog(Wal& wal) : wal_(wal) {}
  Status Log(std::span<const std::string_view> records) override { return wal_.Log(records); }

 private:
  Wal& wal_;
};

// A head and its log in a directory.
struct LoggedHead {
  explicit LoggedHead(const std::string& directory)
      : wal(Wal::Open({fs, clock, logger, registry}, directory + "/wal").value()),
        place{fs, directory + "/head_checkpoint", directory + "/wal"} {}
  PosixFs fs;
  SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  HeadMetrics metrics{registry};
  std::unique_ptr<Wal> wal;
  WalLog log{*wal};
  Head head{log, metrics, {}};
  HeadCheckpointPlace place;
};

// Start after kill -9 with a checkpoint that is two scrapes old. Argument: targets of 1000 series.
void BM_StartFromCheckpoint(benchmark::State& state) {
  const std::string directory =
      std::filesystem::temp_directory_path() / "head_checkpoint_benchmark";
  PosixFs fs;
  if (!fs.RemoveAll(directory) || !fs.CreateDirectories(directory)) std::abort();
  const auto targets = static_cast<int>(state.range(0));
  {
    LoggedHead logged(directory);
    Fleet fleet(logged.head, targets, true);
    for (int64_t scrape = 0; scrape < 20; ++scrape) fleet.Scrape(scrape);
    const int64_t begin_ns = logged.clock.MonotonicNs();
    const auto report =
        logged.head.WriteCheckpoint(logged.place, {[&] { return logged.wal->position(); }, {}})
            .value();
    state.counters["write_ms"] =
        static_cast<double>(logged.clock.MonotonicNs() - begin_ns) / 1'000'000;
    state.counters["file_bytes_per_series"] =
        static_cast<double>(report.size_bytes) / static_cast<double>(report.series);
    for (int64_t scrape = 20; scrape < 22; ++scrape) fleet.Scrape(scrape);
  }
  for (auto _ : state) {
    LoggedHead logged(directory);
    const auto loaded = logged.head.LoadCheckpoint(logged.place).value();
    const auto report = logged.wal->Replay(*logged.head.MakeReplay({}), loaded.position).value();
    if (report.samples != 2000u * static_cast<uint64_t>(targets)) std::abort();
    state.counters["resident_bytes_per_series"] = ResidentBytes() / (1000.0 * targets);
  }
  if (!fs.RemoveAll(directory)) std::abort();
}
BENCHMARK(BM_StartFromCheckpoint)
    ->Arg(100)
    ->Arg(500)
    ->Iterations(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace tocsin::tsdb

BENCHMARK_MAIN();

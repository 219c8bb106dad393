// What a remote-written sample costs from the compressed body on: the receiver alone, over a
// storage that keeps nothing, and with the database behind it. HTTP is measured by
// compare/remote_write.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "remote/write_receiver.h"
#include "remote_write_requests.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"
#include "tsdb/database.h"

namespace tocsin::benchmarks {
namespace {

constexpr int kSeriesPerRequest = 2000;

// Knows every series, keeps no sample.
class NullStorage final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> MakeAppender() override {
    return std::make_unique<NullAppender>(refs_);
  }
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override { return nullptr; }

 private:
  using Refs = std::unordered_map<Labels, storage::SeriesRef, LabelsHash>;
  class NullAppender final : public storage::Appender {
   public:
    explicit NullAppender(Refs& refs) : refs_(refs) {}
    Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels, int64_t,
                                      double) override {
      if (ref != 0) return ref;
      return refs_.try_emplace(labels, refs_.size() + 1).first->second;
    }
    Status Commit() override { return {}; }
    void Rollback() override {}

   private:
    Refs& refs_;
  };
  Refs refs_;
};

struct Sender {
  explicit Sender(int series_count) {
    for (int first = 0; first < series_count; first += kSeriesPerRequest) {
      makers.emplace_back(first, kSeriesPerRequest);
    }
  }
  std::vector<std::string> Scrape(int64_t scrape, bool is_v2) {
    std::vector<std::string> bodies;
    for (RequestMaker& maker : makers) {
      bodies.push_back(is_v2 ? maker.MakeV2(scrape) : maker.MakeV1(scrape));
    }
    return bodies;
  }
  std::vector<RequestMaker> makers;
};

void Run(benchmark::State& state, storage::Appendable& storage) {
  const SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  remote::WriteReceiver receiver(storage, clock, logger, registry, {});
  const bool is_v2 = state.range(1) != 0;
  const std::string type =
      is_v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "";
  Sender sender(static_cast<int>(state.range(0)));
  int64_t scrape = 0;
  const auto send = [&](const std::vector<std::string>& bodies) {
    for (const std::string& body : bodies) {
      CHECK(receiver.Receive(type, "snappy", body).status == 204, "all is stored");
    }
  };
  for (; scrape < 5; ++scrape) send(sender.Scrape(scrape, is_v2));  // The cache grows.
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<std::string> bodies = sender.Scrape(scrape++, is_v2);
    state.ResumeTiming();
    send(bodies);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_ReceiveOverNothing(benchmark::State& state) {
  NullStorage storage;
  Run(state, storage);
}

void BM_ReceiveIntoDatabase(benchmark::State& state) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / "tocsin-remote-write-benchmark";
  std::filesystem::remove_all(directory);
  PosixFs fs;
  const SystemClock clock;
  NullLogger logger;
  telemetry::Registry registry;
  tsdb::DatabaseOptions options;
  options.directory = directory.string();
  {
    auto database = tsdb::Database::Open(options, fs, clock, logger, registry);
    CHECK(database.ok(), "the directory is new");
    Run(state, **database);
  }
  std::filesystem::remove_all(directory);
}

// Series, version 2.0.
BENCHMARK(BM_ReceiveOverNothing)->ArgsProduct({{2000, 100'000}, {0, 1}});
BENCHMARK(BM_ReceiveIntoDatabase)->ArgsProduct({{2000, 100'000}, {0, 1}});

}  // namespace
}  // namespace tocsin::benchmarks

BENCHMARK_MAIN();

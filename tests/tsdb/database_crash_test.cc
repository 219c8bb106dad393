// Dies at every write of a life with appends, blocks, compactions, deletions and snapshots in turn:
// what was acknowledged is there again, what was deleted is not, and nothing is there twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tsdb/database_fixture.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kBlockMs = SmallWorld::kBlockMs;
constexpr int kSeries = 3;

// What a database must hold: acknowledged samples, and those whose fate a crash left open.
class Ledger {
 public:
  using Key = std::pair<int, int64_t>;  // Series and time.

  void Append(int64_t t, bool is_acknowledged) {
    for (int series = 0; series < kSeries; ++series) {
      if (is_acknowledged) {
        stored_[{series, t}] = ValueOf(series, t);
      } else {
        open_[{series, t}] = ValueOf(series, t);
      }
    }
  }
  void Delete(int series, int64_t start_ms, int64_t end_ms, bool is_acknowledged) {
    for (auto at = stored_.begin(); at != stored_.end();) {
      const auto& [key, value] = *at;
      const bool is_hit = key.first == series && key.second >= start_ms && key.second <= end_ms;
      if (is_hit && !is_acknowledged) open_[key] = value;
      at = is_hit ? stored_.erase(at) : std::next(at);
    }
  }

  std::string Compare(Database& database) const {
    std::string text;
    std::map<Key, uint64_t> found;
    const Contents contents = ReadAll(database);
    for (int series = 0; series < kSeries; ++series) {
      const auto at = contents.find(SmallWorld::LabelsOf(series).ToString());
      if (at == contents.end()) continue;
      for (const auto& [t, bits] : at->second) {
        if (!found.emplace(Key{series, t}, bits).second) text += "twice: " + Name({series, t});
      }
    }
    for (const auto& [key, bits] : stored_) {
      const auto at = found.find(key);
      if (at == found.end() || at->second != bits) text += "lost: " + Name(key);
    }
    for (const auto& [key, bits] : found) {
      if (stored_.contains(key)) continue;
      const auto at = open_.find(key);
      if (at == open_.end() || at->second != bits) text += "unexpected: " + Name(key);
    }
    return text;
  }

  static uint64_t ValueOf(int series, int64_t t) {
    return Bits(static_cast<double>(t * 31 + series));
  }

 private:
  static std::string Name(const Key& key) {
    return std::to_string(key.first) + " at " + std::to_string(key.second) + "\n";
  }

  std::map<Key, uint64_t> stored_;
  std::map<Key, uint64_t> open_;
};

class Life {
 public:
  explicit Life(SmallWorld& world) : world_(world) {}

  // Until the disk is gone.
  void Live() {
    if (!world_.Open()) return;
    Scrape(0, 4 * kBlockMs);
    world_.database->Maintain(4 * kBlockMs);
    Delete(1, kBlockMs / 2, 4 * kBlockMs - 20'000);
    Scrape(4 * kBlockMs, 6 * kBlockMs);
    world_.database->Maintain(6 * kBlockMs);
    static_cast<void>(world_.database->Snapshot("/data/snapshots/s", true));
    Delete(0, 0, kBlockMs);
    static_cast<void>(world_.database->CleanTombstones());
    Scrape(6 * kBlockMs, 10 * kBlockMs);
    world_.database->Maintain(10 * kBlockMs);
    static_cast<void>(world_.database->Close());
  }

  Ledger& ledger() { return ledger_; }

 private:
  void Scrape(int64_t start_ms, int64_t end_ms) {
    for (int64_t t = start_ms; t < end_ms && !world_.fs->has_crashed(); t += 15'000) {
      auto appender = world_.database->MakeAppender();
      for (int series = 0; series < kSeries; ++series) {
        const double value = std::bit_cast<double>(Ledger::ValueOf(series, t));
        if (!appender->Append(0, SmallWorld::LabelsOf(series), t, value)) return;
      }
      ledger_.Append(t, appender->Commit().ok());
    }
  }
  void Delete(int series, int64_t start_ms, int64_t end_ms) {
    if (world_.fs->has_crashed()) return;
    const Matcher matcher = Matcher::Equal("__name__", "m" + std::to_string(series));
    const bool is_done =
        world_.database->DeleteSeries(start_ms, end_ms, std::span(&matcher, 1)).ok();
    ledger_.Delete(series, start_ms, end_ms, is_done);
  }

  SmallWorld& world_;
  Ledger ledger_;
};

void DieAtEveryWrite(FaultyFs::Survival survival, WalFsync fsync, uint64_t step) {
  uint64_t writes = 0;
  for (uint64_t nth = 0; nth == 0 || nth < writes; nth += step) {
    SmallWorld world;
    world.options.wal.fsync = fsync;
    world.fs->FailAt(nth, FaultyFs::Fault::kCrash);
    Life life(world);
    life.Live();
    if (nth == 0) {  // Not a crash worth looking at: counts the writes of a whole life instead.
      SmallWorld whole;
      whole.options.wal.fsync = fsync;
      Life long_life(whole);
      long_life.Live();
      writes = whole.fs->write_operations();
      ASSERT_GT(writes, 200u);
      ASSERT_TRUE(whole.Open().ok());
      ASSERT_EQ(long_life.ledger().Compare(*whole.database), "");
      ASSERT_GT(whole.database->Blocks().size(), 2u);
    }
    world.database.reset();
    SmallWorld next(world.fs->AfterCrash(survival, nth));
    next.options.wal.fsync = fsync;
    ASSERT_TRUE(next.Open().ok()) << "crash at " << nth;
    ASSERT_EQ(life.ledger().Compare(*next.database), "") << "crash at " << nth;
    EXPECT_EQ(next.database->Quarantined().size(), 0u) << "crash at " << nth;
    next.database->Maintain(10 * kBlockMs);
    ASSERT_EQ(life.ledger().Compare(*next.database), "") << "upkeep after a crash at " << nth;
    ASSERT_TRUE(next.Open().ok());
    ASSERT_EQ(life.ledger().Compare(*next.database), "") << "second start, crash at " << nth;
  }
}

TEST(DatabaseCrashTest, NothingIsLostWhenTheProcessDies) {
  DieAtEveryWrite(FaultyFs::Survival::kWritten, WalFsync::kOnSegment, 1);
}

TEST(DatabaseCrashTest, NothingIsLostWhenThePowerFailsAndEveryCommitIsSynced) {
  DieAtEveryWrite(FaultyFs::Survival::kSynced, WalFsync::kOnEveryLog, 2);
}

TEST(DatabaseCrashTest, NothingIsLostWhenUnsyncedWritesTear) {
  DieAtEveryWrite(FaultyFs::Survival::kTorn, WalFsync::kOnEveryLog, 3);
}

}  // namespace
}  // namespace tocsin::tsdb

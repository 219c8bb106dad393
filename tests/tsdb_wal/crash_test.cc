// Kills a writer of the log at each of its writes and looks at what the next start finds:
// everything that was acknowledged, in order, and nothing that was not whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tsdb_wal/log_fixture.h"

namespace tocsin::tsdb {
namespace {

using Fault = FaultyFs::Fault;
using Survival = FaultyFs::Survival;

constexpr int kRecords = 60;

/// Logs values 0, 1, 2, … of ~3 KB each, so that segments of two pages fill, with a truncation on
/// the way that keeps everything. Returns how many were acknowledged.
int Write(FaultyFs& fs, WalFsync fsync) {
  Surroundings around;
  WalOptions options;
  options.segment_bytes = 2 * kWalPageBytes;
  options.compression = WalCompression::kNone;
  options.fsync = fsync;
  auto wal = Wal::Open(around.With(fs), "/wal", options);
  if (!wal) return 0;
  int acknowledged = 0;
  for (int i = 0; i < kRecords; ++i) {
    if (i == kRecords / 2) (void)(*wal)->Truncate(0, [](uint64_t) { return true; });
    const std::vector<SampleRecord> samples(300, SampleRecord{1, i, static_cast<double>(i)});
    std::string record;
    EncodeSamples(samples, record);
    if ((*wal)->Log(record)) ++acknowledged;
  }
  return acknowledged;
}

/// The values that a start on `fs` replays, one for each record.
std::vector<int> Recover(FaultyFs& fs, uint64_t& corruptions) {
  Surroundings around;
  auto wal = Wal::Open(around.With(fs), "/wal");
  CollectingVisitor visitor;
  if (!wal) {
    ADD_FAILURE() << wal.error().message();
    return {};
  }
  const auto report = (*wal)->Replay(visitor);
  if (!report) {
    ADD_FAILURE() << report.error().message();
    return {};
  }
  corruptions = report->corruption_count;
  EXPECT_EQ(visitor.samples.size() % 300, 0u) << "a record is whole or absent";
  std::vector<int> values;
  for (size_t i = 0; i < visitor.samples.size(); i += 300) {
    values.push_back(static_cast<int>(visitor.samples[i].value));
  }
  EXPECT_TRUE((*wal)->Log("\x7f")) << "the log goes on; the type is unknown, so nothing is counted";
  return values;
}

uint64_t CountOperations(WalFsync fsync) {
  FaultyFs fs;
  EXPECT_EQ(Write(fs, fsync), kRecords);
  return fs.write_operations();
}

/// `values` are 0, 1, 2, … at least up to what was acknowledged; one more may have arrived
/// unacknowledged.
void ExpectAcknowledged(const std::vector<int>& values, int acknowledged) {
  ASSERT_GE(values.size(), static_cast<size_t>(acknowledged));
  ASSERT_LE(values.size(), static_cast<size_t>(acknowledged) + 1);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<int>(i));
}

TEST(CrashTest, DeadProcessLosesNothingAcknowledged) {
  const uint64_t operations = CountOperations(WalFsync::kOnSegment);
  ASSERT_GT(operations, 60u);
  for (uint64_t crash_at = 0; crash_at < operations; ++crash_at) {
    SCOPED_TRACE(crash_at);
    FaultyFs fs;
    fs.FailAt(crash_at, Fault::kCrash);
    const int acknowledged = Write(fs, WalFsync::kOnSegment);
    const auto disk = fs.AfterCrash(Survival::kWritten);
    uint64_t corruptions = 0;
    const std::vector<int> values = Recover(*disk, corruptions);
    ExpectAcknowledged(values, acknowledged);
    EXPECT_EQ(corruptions, 0u) << "a torn end is no corruption";
  }
}

TEST(CrashTest, PowerFailureLosesNothingAcknowledgedWhenEveryLogIsSynced) {
  const uint64_t operations = CountOperations(WalFsync::kOnEveryLog);
  for (uint64_t crash_at = 0; crash_at < operations; ++crash_at) {
    for (const Survival survival : {Survival::kSynced, Survival::kTorn}) {
      SCOPED_TRACE(crash_at);
      FaultyFs fs;
      fs.FailAt(crash_at, Fault::kCrash);
      const int acknowledged = Write(fs, WalFsync::kOnEveryLog);
      const auto disk = fs.AfterCrash(survival, crash_at);
      uint64_t corruptions = 0;
      const std::vector<int> values = Recover(*disk, corruptions);
      ExpectAcknowledged(values, acknowledged);
    }
  }
}

TEST(CrashTest, PowerFailureWithoutSyncLosesOnlyTheNewestAndRecovers) {
  const uint64_t operations = CountOperations(WalFsync::kOnSegment);
  for (uint64_t crash_at = 0; crash_at < operations; ++crash_at) {
    SCOPED_TRACE(crash_at);
    FaultyFs fs;
    fs.FailAt(crash_at, Fault::kCrash);
    (void)Write(fs, WalFsync::kOnSegment);
    const auto disk = fs.AfterCrash(Survival::kTorn, crash_at);
    uint64_t corruptions = 0;
    const std::vector<int> values = Recover(*disk, corruptions);
    EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
    EXPECT_EQ(std::adjacent_find(values.begin(), values.end()), values.end());
    // Whatever was found damaged has been set aside: the second start is clean.
    uint64_t corruptions_again = 0;
    (void)Recover(*disk, corruptions_again);
    EXPECT_LE(corruptions_again, corruptions);
  }
}

TEST(CrashTest, RefusedOperationCostsItsRecordAlone) {
  const uint64_t operations = CountOperations(WalFsync::kOnSegment);
  for (const Fault fault : {Fault::kNoSpace, Fault::kIoError}) {
    for (uint64_t fail_at = 2; fail_at < operations;
         ++fail_at) {  // 0, 1: the log cannot begin at all.
      SCOPED_TRACE(fail_at);
      FaultyFs fs;
      fs.FailAt(fail_at, fault);
      const int acknowledged = Write(fs, WalFsync::kOnSegment);
      EXPECT_GE(acknowledged, kRecords - 1);
      uint64_t corruptions = 0;
      EXPECT_EQ(Recover(fs, corruptions).size(), static_cast<size_t>(acknowledged));
      EXPECT_EQ(corruptions, 0u);
    }
  }
}

TEST(CrashTest, FullDiskForAWhileNeverTearsTheLog) {
  const uint64_t operations = CountOperations(WalFsync::kOnSegment);
  for (uint64_t fail_at = 2; fail_at < operations; fail_at += 3) {
    for (const uint64_t length : {2u, 3u, 7u, 20u}) {
      SCOPED_TRACE(fail_at);
      FaultyFs fs;
      fs.FailAt(fail_at, Fault::kNoSpace, length);
      const int acknowledged = Write(fs, WalFsync::kOnSegment);
      fs.Heal();
      uint64_t corruptions = 0;
      EXPECT_EQ(Recover(fs, corruptions).size(), static_cast<size_t>(acknowledged));
    }
  }
}

}  // namespace
}  // namespace tocsin::tsdb

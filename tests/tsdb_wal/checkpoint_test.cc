#include "tsdb/wal/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tsdb_wal/log_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::Ge;
using testing::IsEmpty;
using testing::SizeIs;

class CheckpointTest : public testing::Test {
 protected:
  std::unique_ptr<Wal> Open() {
    return Wal::Open(around_.With(fs_), "/wal", {.segment_bytes = kWalPageBytes}).value();
  }
  void LogSeries(Wal& wal, const std::vector<uint64_t>& refs) {
    std::string record;
    BeginSeriesRecord(record);
    for (const uint64_t ref : refs) {
      AppendSeries(ref, Labels{{"__name__", "s" + std::to_string(ref)}}, record);
    }
    ASSERT_TRUE(wal.Log(record));
  }
  CollectingVisitor Replay() {
    CollectingVisitor visitor;
    const auto report = Open()->Replay(visitor);
    EXPECT_TRUE(report);
    EXPECT_EQ(report->corruption_count, 0u);
    return visitor;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto listed = fs_.List("/wal");
    for (const DirectoryEntry& entry : listed.value()) names.push_back(entry.name);
    return names;
  }

  FaultyFs fs_;
  Surroundings around_;
};

TEST_F(CheckpointTest, KeepsWhatIsWantedOfEachKind) {
  {
    const auto wal = Open();
    LogSeries(*wal, {1, 2, 3});
    LogSeries(*wal, {4});
    std::string record;
    EncodeSamples(std::vector<SampleRecord>{{1, 99, 1}, {1, 100, 2}, {2, 101, 3}}, record);
    ASSERT_TRUE(wal->Log(record));
    ASSERT_TRUE(wal->Log(SampleRecordOf(50, 9)));
    record.clear();
    EncodeTombstones(std::vector<TombstoneRecord>{{1, 0, 99}, {1, 50, 100}}, record);
    ASSERT_TRUE(wal->Log(record));
    record.clear();
    EncodeExemplars(std::vector<ExemplarRecord>{{1, 99, 1, {}}, {1, 100, 2, {}}}, record);
    ASSERT_TRUE(wal->Log(record));
    for (const char* help : {"old", "new"}) {
      record.clear();
      EncodeMetadata(std::vector<MetadataRecord>{{1, {MetricType::kGauge, help, ""}},
                                                 {2, {MetricType::kGauge, help, ""}}},
                     record);
      ASSERT_TRUE(wal->Log(record));
    }
    ASSERT_TRUE(wal->Log("\x6bof the future"));
  }
  CheckpointRequest request;
  request.directory = "/wal";
  request.last_segment = 0;
  request.min_time_ms = 100;
  request.keep_series = [](uint64_t ref) { return ref == 1 || ref == 4; };
  const auto report = WriteCheckpoint(fs_, request);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->total_series, 4u);
  EXPECT_EQ(report->dropped_series, 2u);
  EXPECT_EQ(report->total_samples, 4u);
  EXPECT_EQ(report->dropped_samples, 2u);
  EXPECT_EQ(report->copied_unknown_records, 1u);
  ASSERT_TRUE(RemoveSegmentsUpTo(fs_, "/wal", 0));

  const CollectingVisitor kept = Replay();
  EXPECT_THAT(kept.series, ElementsAre(testing::Pair(1, Labels{{"__name__", "s1"}}),
                                       testing::Pair(4, Labels{{"__name__", "s4"}})));
  EXPECT_THAT(kept.values(), ElementsAre(2, 3));
  EXPECT_THAT(kept.tombstones, ElementsAre(Field(&TombstoneRecord::start_ms, 50)));
  EXPECT_THAT(kept.exemplars, ElementsAre(Field(&ExemplarRecord::value, 2)));
  ASSERT_THAT(kept.metadata, SizeIs(1));
  EXPECT_EQ(kept.metadata[0].metadata.help, "new");
}

TEST_F(CheckpointTest, TruncateKeepsTheNewestThirdAndOneCheckpoint) {
  const auto wal = Open();
  LogSeries(*wal, {1});
  for (int round = 0; round < 3; ++round) {
    while (wal->position().segment < 9 * (round + 1)) {
      ASSERT_TRUE(wal->Log(SampleRecordOf(round * 1000 + 500, 1)));
    }
    ASSERT_TRUE(wal->Truncate(round * 1000, [](uint64_t) { return true; }));
  }
  int checkpoints = 0;
  for (const std::string& name : Names()) checkpoints += name.starts_with("checkpoint.");
  EXPECT_EQ(checkpoints, 1);
  EXPECT_LT(ListSegments(fs_, "/wal")->size(), 12u);
  ASSERT_TRUE(wal->Close());
  const CollectingVisitor kept = Replay();
  EXPECT_THAT(kept.series, SizeIs(1));
  EXPECT_GT(kept.samples.size(), 1000u);
  EXPECT_EQ(around_.registry.AddCounter("prometheus_tsdb_wal_truncations_total", "").value(), 3);
  EXPECT_EQ(around_.registry.AddCounter("prometheus_tsdb_checkpoint_creations_total", "").value(),
            3);
}

TEST_F(CheckpointTest, TruncateWithFewSegmentsOnlyCuts) {
  const auto wal = Open();
  ASSERT_TRUE(wal->Log(SampleRecordOf(1, 1)));
  ASSERT_TRUE(wal->Truncate(100, [](uint64_t) { return true; }));
  EXPECT_EQ(wal->position(), (WalPosition{1, 0}));
  EXPECT_THAT(Names(), ElementsAre("00000000", "00000001"));
}

TEST_F(CheckpointTest, UnfinishedCheckpointIsIgnoredAndRemoved) {
  { ASSERT_TRUE(Open()->Log(SampleRecordOf(1, 1))); }
  ASSERT_TRUE(fs_.CreateDirectories("/wal/checkpoint.00000000.tmp"));
  ASSERT_TRUE(Overwrite(fs_, "/wal/checkpoint.00000000.tmp/00000000", "half"));
  EXPECT_THAT(Replay().values(), ElementsAre(1));
  EXPECT_FALSE(fs_.Exists("/wal/checkpoint.00000000.tmp"));
}

TEST_F(CheckpointTest, CheckpointWithoutSegmentsContinuesAfterIt) {
  {
    const auto wal = Open();
    while (wal->position().segment < 6) ASSERT_TRUE(wal->Log(SampleRecordOf(100, 1)));
    ASSERT_TRUE(wal->Truncate(0, [](uint64_t) { return true; }));
  }
  const int64_t index = ListCheckpoints(fs_, "/wal")->back().index;
  const auto listed = ListSegments(fs_, "/wal");
  for (const SegmentFile& segment : listed.value()) {
    ASSERT_TRUE(fs_.Remove(segment.path));
  }
  EXPECT_EQ(Open()->position(), (WalPosition{index + 1, 0}));
}

TEST_F(CheckpointTest, NoSpaceLeavesTheLogAsItWas) {
  const auto wal = Open();
  while (wal->position().segment < 6) ASSERT_TRUE(wal->Log(SampleRecordOf(100, 1)));
  CheckpointRequest request;
  request.directory = "/wal";
  request.last_segment = 3;
  request.keep_series = [](uint64_t) { return true; };
  ASSERT_TRUE(wal->Close());  // Its own syncs must not meet the fault.
  const uint64_t before = fs_.write_operations();
  fs_.FailAt(2, FaultyFs::Fault::kNoSpace, 3);
  EXPECT_FALSE(WriteCheckpoint(fs_, request));
  EXPECT_GT(fs_.write_operations(), before);
  fs_.Heal();
  EXPECT_THAT(ListCheckpoints(fs_, "/wal").value(), IsEmpty());
  EXPECT_TRUE(WriteCheckpoint(fs_, request));
  EXPECT_THAT(ListCheckpoints(fs_, "/wal").value(), SizeIs(1));
}

}  // namespace
}  // namespace tocsin::tsdb

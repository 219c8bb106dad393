#include "tsdb/block/block_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/faulty_fs.h"
#include "tsdb/block/block_verify.h"
#include "tsdb_block/block_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

const std::string kDirectory = "/data/" + MakeTestUlid(1).ToString();

std::vector<std::string> NamesIn(Fs& fs, const std::string& directory) {
  std::vector<std::string> names;
  const std::vector<DirectoryEntry> entries = *fs.List(directory);
  for (const DirectoryEntry& entry : entries) names.push_back(entry.name);
  return names;
}

Model SmallModel() {
  std::mt19937_64 random(31);
  return RandomModel(random, 30, 200);
}

// After a crash at any write the block is whole or not there, under any survival of the writes.
TEST(BlockWriterTest, ACrashAtAnyWriteLeavesAWholeBlockOrNone) {
  const Model model = SmallModel();
  bool is_done = false;
  for (uint64_t at = 0; !is_done; ++at) {
    FaultyFs fs;
    ASSERT_TRUE(fs.CreateDirectories("/data"));
    fs.FailAt(at, FaultyFs::Fault::kCrash);
    const bool is_written = WriteModelBlock(fs, "/data", MakeTestUlid(1), model).ok();
    is_done = !fs.has_crashed();
    for (const auto survival :
         {FaultyFs::Survival::kWritten, FaultyFs::Survival::kSynced, FaultyFs::Survival::kTorn}) {
      const auto after = fs.AfterCrash(survival, at);
      if (!after->Exists(kDirectory)) {
        EXPECT_FALSE(is_written);
        continue;
      }
      const auto block = BlockReader::Open(*after, kDirectory);
      ASSERT_TRUE(block.ok()) << "crash at " << at << ": " << block.error().message();
      EXPECT_TRUE(*ReadModel(*block) == model);
      EXPECT_TRUE(VerifyBlock(*after, kDirectory)->ok());
    }
  }
}

TEST(BlockWriterTest, AFailureAtAnyWriteIsReportedAndLeavesNothing) {
  const Model model = SmallModel();
  for (const auto fault : {FaultyFs::Fault::kNoSpace, FaultyFs::Fault::kIoError}) {
    bool is_written = false;
    for (uint64_t at = 0; !is_written; ++at) {
      FaultyFs fs;
      ASSERT_TRUE(fs.CreateDirectories("/data"));
      fs.FailAt(at, fault);
      const auto meta = WriteModelBlock(fs, "/data", MakeTestUlid(1), model);
      is_written = meta.ok();
      if (is_written) break;
      EXPECT_EQ(meta.error().code(), ErrorCode::kUnavailable);
      // Only the last sync may fail with the block in place.
      EXPECT_TRUE(fs.Exists(kDirectory) || NamesIn(fs, "/data").empty()) << at;
    }
  }
}

TEST(BlockWriterTest, WithoutFinishNothingStays) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/data"));
  { const auto writer = *BlockWriter::Create(fs, "/data", MakeTestUlid(1)); }
  EXPECT_TRUE(NamesIn(fs, "/data").empty());
}

TEST(BlockWriterTest, SamplesOutsideOfTheRangeAreRefused) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/data"));
  const auto writer = *BlockWriter::Create(fs, "/data", MakeTestUlid(1));
  ASSERT_TRUE(writer->AddSymbols(std::vector<std::string_view>{"a", "b"}));
  ASSERT_TRUE(writer->AddSeries(Labels{{"a", "b"}}, EncodeSamples({{1000, 0}, {2000, 0}})));
  BlockMeta meta;
  meta.min_time_ms = 0;
  meta.max_time_ms = 2000;
  const auto finished = writer->Finish(meta);
  ASSERT_FALSE(finished.ok());
  EXPECT_THAT(finished.error().message(), HasSubstr("outside of block"));
}

TEST(BlockWriterTest, ASeriesWithoutChunksIsRefused) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/data"));
  const auto writer = *BlockWriter::Create(fs, "/data", MakeTestUlid(1));
  ASSERT_TRUE(writer->AddSymbols(std::vector<std::string_view>{"a", "b"}));
  EXPECT_FALSE(writer->AddSeries(Labels{{"a", "b"}}, std::span<const ChunkView>()).ok());
}

}  // namespace
}  // namespace tocsin::tsdb

// Every file of a block cut at every byte and with bits flipped: reading reports it or gives what
// was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/faulty_fs.h"
#include "tsdb/block/block_querier.h"
#include "tsdb/block/block_verify.h"
#include "tsdb_block/block_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::Contains;
using testing::HasSubstr;

class BlockDamageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::mt19937_64 random(41);
    model_ = RandomModel(random, 6, 140);
    ASSERT_TRUE(fs_.CreateDirectories("/data"));
    ASSERT_TRUE(WriteModelBlock(fs_, "/data", MakeTestUlid(1), model_).ok());
    const auto block = *BlockReader::Open(fs_, directory_);
    ASSERT_TRUE(block
                    ->Delete(std::vector{Match(MatchType::kEqual, "job", "node")},
                             kBlockStartMs + 300'000, kBlockStartMs + 600'000)
                    .ok());
    model_ = *ReadModel(block);
  }

  void Overwrite(const std::string& path, const std::string& bytes) {
    const auto file = *fs_.OpenForWriting(path, /*truncate=*/true);
    ASSERT_TRUE(file->Append(bytes));
  }

  /// Reads everything in every way. True if all went well; then the content is the model's.
  bool ReadsWell() {
    const auto block = BlockReader::Open(fs_, directory_);
    if (!block) {
      EXPECT_EQ(block.error().code(), ErrorCode::kCorruption) << block.error().message();
      EXPECT_THAT(block.error().message(), HasSubstr(directory_));
      return false;
    }
    BlockQuerier querier(*block, INT64_MIN, INT64_MAX);
    const auto names = querier.LabelNames(std::vector{Match(MatchType::kRegex, "job", "n.*")}, 0);
    const auto values = querier.LabelValues("instance", AnySeries(), 0);
    const auto read = ReadModel(querier, AnySeries(), INT64_MIN + 1, INT64_MAX);
    const auto set = querier.Select(AnySeries(), {});
    bool has_chunks = set.ok();
    for (size_t i = 0; has_chunks && i < (*set)->size(); ++i) {
      std::vector<storage::EncodedChunk> chunks;
      std::vector<storage::SeriesSet::Latest> latest(1);
      has_chunks = (*set)->ReadChunks(i, INT64_MIN, INT64_MAX, chunks).ok() &&
                   (*set)->ReadLatest(i, INT64_MIN, INT64_MAX, latest).ok();
    }
    if (set.ok()) (*set)->GroupBy(std::vector<std::string>{"job"}, false);
    if (!read) {
      EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << read.error().message();
      return false;
    }
    EXPECT_TRUE(*read == model_);
    return names.ok() && values.ok() && has_chunks;
  }

  bool IsVerified() {
    const auto verification = VerifyBlock(fs_, directory_);
    EXPECT_TRUE(verification.ok());
    return verification->ok();
  }

  FaultyFs fs_;
  const std::string directory_ = "/data/" + MakeTestUlid(1).ToString();
  Model model_;
};

constexpr const char* kSummedFiles[] = {"index", "chunks/000001", "tombstones"};

TEST_F(BlockDamageTest, TheIntactBlockReadsWell) {
  EXPECT_TRUE(ReadsWell());
  EXPECT_TRUE(IsVerified());
}

TEST_F(BlockDamageTest, AFileThatEndsEarlyIsReported) {
  for (const std::string name : {"index", "chunks/000001", "tombstones", "meta.json"}) {
    const std::string path = directory_ + "/" + name;
    const std::string bytes = *fs_.ReadFile(path);
    for (size_t size = 0; size < bytes.size(); ++size) {
      Overwrite(path, bytes.substr(0, size));
      ASSERT_FALSE(ReadsWell()) << name << " cut to " << size;
      if (size % 64 != 0) continue;
      ASSERT_FALSE(IsVerified()) << name << " cut to " << size;
    }
    Overwrite(path, bytes);
  }
  EXPECT_TRUE(ReadsWell());
}

// A flipped bit is reported by reading or is in bytes that mean nothing (padding).
TEST_F(BlockDamageTest, AFlippedBitIsReportedOrHarmless) {
  std::mt19937_64 random(43);
  for (const std::string name : kSummedFiles) {
    const std::string path = directory_ + "/" + name;
    const std::string bytes = *fs_.ReadFile(path);
    size_t reported = 0;
    constexpr size_t kTrials = 1500;
    for (size_t trial = 0; trial < kTrials; ++trial) {
      const size_t bit = random() % (bytes.size() * 8);
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      Overwrite(path, flipped);
      const bool reads_well = ReadsWell();
      reported += !reads_well;
      if (reads_well || trial % 16 != 0) continue;
      EXPECT_FALSE(IsVerified()) << name << " bit " << bit;
    }
    EXPECT_GT(reported, kTrials / 2) << name;
    Overwrite(path, bytes);
  }
}

// meta.json has no checksum: what is told by other files is compared, the rest by verification.
TEST_F(BlockDamageTest, AFlippedBitInMetaNeverCrashes) {
  const std::string path = directory_ + "/meta.json";
  const std::string bytes = *fs_.ReadFile(path);
  size_t unnoticed = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    Overwrite(path, flipped);
    const auto block = BlockReader::Open(fs_, directory_);
    if (!block) {
      EXPECT_EQ(block.error().code(), ErrorCode::kCorruption);
      continue;
    }
    unnoticed += IsVerified();
    EXPECT_TRUE(ReadModel(*block).ok());
  }
  // Names of members that may be missing, level and the block's range where no sample is.
  EXPECT_LT(unnoticed, bytes.size() * 3);
}

TEST_F(BlockDamageTest, AMissingFileIsCorruption) {
  for (const std::string name : {"index", "meta.json", "chunks"}) {
    ASSERT_TRUE(CopyDirectory(fs_, directory_, fs_, "/copy/" + MakeTestUlid(1).ToString()));
    ASSERT_TRUE(fs_.RemoveAll("/copy/" + MakeTestUlid(1).ToString() + "/" + name));
    const auto block = BlockReader::Open(fs_, "/copy/" + MakeTestUlid(1).ToString());
    ASSERT_FALSE(block.ok());
    EXPECT_EQ(block.error().code(), ErrorCode::kCorruption);
    EXPECT_FALSE(VerifyBlock(fs_, "/copy/" + MakeTestUlid(1).ToString())->ok());
    ASSERT_TRUE(fs_.RemoveAll("/copy"));
  }
}

TEST_F(BlockDamageTest, AForeignNameIsCorruption) {
  ASSERT_TRUE(CopyDirectory(fs_, directory_, fs_, "/copy/" + MakeTestUlid(2).ToString()));
  EXPECT_FALSE(BlockReader::Open(fs_, "/copy/" + MakeTestUlid(2).ToString()).ok());
}

TEST_F(BlockDamageTest, VerificationSaysWhatMetaGetsWrong) {
  BlockMeta meta = *ReadBlockMeta(fs_, directory_);
  meta.stats.series_count += 1;
  meta.max_time_ms = kBlockStartMs + 100'000;
  ASSERT_TRUE(WriteBlockMeta(fs_, directory_, meta));
  const auto verification = VerifyBlock(fs_, directory_);
  ASSERT_TRUE(verification.ok());
  std::vector<std::string> reasons;
  for (const BlockProblem& problem : verification->problems) reasons.push_back(problem.reason);
  EXPECT_THAT(reasons, Contains(HasSubstr("numSeries")));
  EXPECT_THAT(reasons, Contains(HasSubstr("is outside of block")));
}

}  // namespace
}  // namespace tocsin::tsdb

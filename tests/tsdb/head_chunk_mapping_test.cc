// A head whose full chunks are in files has what one has that keeps them in memory; damage to the
// files costs time at the start, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/faulty_fs.h"
#include "tsdb/head_chunks/head_chunk_files.h"
#include "tsdb/logged_head_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

constexpr char kChunks[] = "/data/chunks_head";
constexpr int kSeries = 12;
constexpr int64_t kIntervalMs = 15'001;

void Scrape(Head& head, storage::RowAppender& row, int64_t first, int64_t count) {
  for (int64_t scrape = first; scrape < first + count; ++scrape) {
    row.BeginRow(scrape * kIntervalMs);
    for (int i = 0; i < kSeries; ++i) {
      row.Set(row.SlotOf(Series("row", i)).value(), static_cast<double>(scrape * i) / 8);
    }
    ASSERT_TRUE(row.CommitRow().ok());
    Append(head, Series("batch", 1), scrape * kIntervalMs + 5, static_cast<double>(scrape));
  }
}

std::vector<std::string> FilesIn(Fs& fs) {
  std::vector<std::string> names;
  const auto entries = fs.List(kChunks);
  for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
  return names;
}

/// Flips a bit of the only file.
void Flip(FaultyFs& fs, size_t at) {
  const std::string path = std::string(kChunks) + "/000001";
  std::string bytes = fs.ReadFile(path).value();
  ASSERT_LT(at, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ 4);
  ASSERT_TRUE(fs.WriteFileAtomically(path, bytes).ok());
}

TEST(HeadChunkMappingTest, ReadsTheSameFromFilesAndGivesMemoryBack) {
  FaultyFs fs;
  LoggedHead logged(fs, {}, kChunks);
  const auto row = logged.head->MakeRowAppender();
  Scrape(*logged.head, *row, 1, 500);
  const Contents before = ReadAll(*logged.head);
  const uint64_t chunks = logged.head->Statistics(0).chunk_count;
  const auto held = logged.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  ASSERT_TRUE(logged.head->MapFullChunks().ok());
  EXPECT_GT(logged.chunk_files->size_bytes(), 4u * kSeries * 120);
  EXPECT_EQ(Differences(ReadAll(*logged.head), before), "");
  EXPECT_EQ(Differences(ReadAll(*held), before), "");
  EXPECT_EQ(logged.head->Statistics(0).chunk_count, chunks);
  const uint64_t size_bytes = logged.chunk_files->size_bytes();
  ASSERT_TRUE(logged.head->MapFullChunks().ok());
  EXPECT_EQ(logged.chunk_files->size_bytes(), size_bytes) << "nothing is written twice";
}

TEST(HeadChunkMappingTest, StartsWithReferencesToTheFiles) {
  FaultyFs fs;
  Contents before;
  for (int64_t generation = 0; generation < 4; ++generation) {
    LoggedHead logged(fs, {}, kChunks);
    EXPECT_LT(logged.Start(), 100u * (kSeries + 1));
    ASSERT_TRUE(generation == 0 || logged.loaded.ok()) << logged.loaded.error().message();
    EXPECT_EQ(Differences(ReadAll(*logged.head), before), "") << generation;
    const auto row = logged.head->MakeRowAppender();
    Scrape(*logged.head, *row, 1 + 400 * generation, 330);
    ASSERT_TRUE(logged.Write().ok());
    Scrape(*logged.head, *row, 331 + 400 * generation, 70);
    ASSERT_TRUE(logged.head->MapFullChunks().ok());  // The checkpoint knows nothing of these.
    before = ReadAll(*logged.head);
  }
  LoggedHead whole(fs, {}, kChunks);
  ASSERT_TRUE(fs.Remove(kCheckpointPath).ok());
  whole.Start();
  EXPECT_EQ(Differences(ReadAll(*whole.head), before), "");
  EXPECT_THAT(FilesIn(fs), testing::IsEmpty()) << "what the log gave is not in files too";
}

TEST(HeadChunkMappingTest, DamageToAFileMeansReadingTheWholeLog) {
  for (const size_t at : {0u, 20u, 1000u}) {
    FaultyFs fs;
    Contents before;
    {
      LoggedHead logged(fs, {}, kChunks);
      const auto row = logged.head->MakeRowAppender();
      Scrape(*logged.head, *row, 1, 260);
      ASSERT_TRUE(logged.Write().ok());
      before = ReadAll(*logged.head);
    }
    Flip(fs, at);
    LoggedHead again(fs, {}, kChunks);
    again.Start();
    ASSERT_FALSE(again.loaded.ok());
    EXPECT_THAT(again.loaded.error().message(), HasSubstr("/data/chunks_head/000001"));
    EXPECT_EQ(Differences(ReadAll(*again.head), before), "") << at;
  }
}

TEST(HeadChunkMappingTest, MissingOrShortFileMeansReadingTheWholeLog) {
  for (const bool is_missing : {true, false}) {
    FaultyFs fs;
    Contents before;
    {
      LoggedHead logged(fs, {}, kChunks);
      const auto row = logged.head->MakeRowAppender();
      Scrape(*logged.head, *row, 1, 260);
      ASSERT_TRUE(logged.Write().ok());
      before = ReadAll(*logged.head);
    }
    const std::string path = std::string(kChunks) + "/000001";
    const std::string bytes = fs.ReadFile(path).value();
    ASSERT_TRUE(fs.Remove(path).ok());
    if (!is_missing) {
      ASSERT_TRUE(fs.WriteFileAtomically(path, bytes.substr(0, bytes.size() - 1)).ok());
    }
    LoggedHead again(fs, {}, kChunks);
    again.Start();
    ASSERT_FALSE(again.loaded.ok());
    EXPECT_EQ(again.loaded.error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(Differences(ReadAll(*again.head), before), "") << is_missing;
  }
}

TEST(HeadChunkMappingTest, DamageWhileRunningIsAnErrorThatNamesTheFile) {
  FaultyFs fs;
  LoggedHead logged(fs, {}, kChunks);
  const auto row = logged.head->MakeRowAppender();
  Scrape(*logged.head, *row, 1, 260);
  ASSERT_TRUE(logged.Write().ok());
  LoggedHead again(fs, {}, kChunks);
  again.Start();
  ASSERT_TRUE(again.loaded.ok());
  ASSERT_TRUE(again.chunk_files->Truncate(100).ok());  // As if somebody had removed them.
  const auto querier = again.head->MakeQuerier(INT64_MIN, INT64_MAX).value();
  const Matcher all = AnySeries();
  const auto set = querier->Select(std::span(&all, 1), {}).value();
  storage::SampleBuffer samples;
  const Status read = set->Read(0, INT64_MIN, INT64_MAX, samples);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message(), HasSubstr("head chunk file 000001"));
}

TEST(HeadChunkMappingTest, TruncationRemovesFilesThatNobodyNeeds) {
  FaultyFs fs;
  LoggedHead logged(fs, {}, kChunks);
  const auto row = logged.head->MakeRowAppender();
  for (int64_t round = 0; round < 5; ++round) {
    Scrape(*logged.head, *row, 1 + 240 * round, 240);
    ASSERT_TRUE(logged.head->MapFullChunks().ok());
    logged.head->Truncate((240 * round - 120) * kIntervalMs);
    const Contents before = ReadAll(*logged.head);
    ASSERT_TRUE(logged.head->MapFullChunks().ok());
    ASSERT_TRUE(logged.head->RemoveOldChunkFiles().ok());
    EXPECT_EQ(Differences(ReadAll(*logged.head), before), "") << round;
  }
  EXPECT_THAT(FilesIn(fs), testing::Each(testing::Ge(std::string("000002"))));
  EXPECT_LE(FilesIn(fs).size(), 3u);
}

TEST(HeadChunkMappingTest, FullDiskLeavesChunksInMemory) {
  FaultyFs fs;
  LoggedHead logged(fs, {}, kChunks, /*buffer_bytes=*/512);
  const auto row = logged.head->MakeRowAppender();
  Scrape(*logged.head, *row, 1, 400);
  const Contents before = ReadAll(*logged.head);
  for (uint64_t nth = 0; nth < 5; ++nth) {
    fs.FailAt(nth, FaultyFs::Fault::kNoSpace, 1000);
    EXPECT_FALSE(logged.head->MapFullChunks().ok()) << nth;
    EXPECT_EQ(Differences(ReadAll(*logged.head), before), "") << nth;
    fs.Heal();
  }
  ASSERT_TRUE(logged.head->MapFullChunks().ok());
  EXPECT_EQ(Differences(ReadAll(*logged.head), before), "");
}

// Dies at every write of moving chunks, of a checkpoint and of removing files.
TEST(HeadChunkMappingTest, CrashAtAnyWriteLosesNothing) {
  WalOptions options;
  options.fsync = WalFsync::kOnEveryLog;
  for (uint64_t nth = 0;; ++nth) {
    FaultyFs fs;
    Contents before;
    bool has_crashed = false;
    {
      LoggedHead logged(fs, options, kChunks, /*buffer_bytes=*/4096);
      const auto row = logged.head->MakeRowAppender();
      Scrape(*logged.head, *row, 1, 250);
      ASSERT_TRUE(logged.Write().ok());
      Scrape(*logged.head, *row, 251, 125);
      logged.head->Truncate(130 * kIntervalMs);
      before = ReadAll(*logged.head);
      fs.FailAt(nth, FaultyFs::Fault::kCrash);
      (void)logged.head->MapFullChunks();
      (void)logged.Write();
      (void)logged.head->RemoveOldChunkFiles();
      has_crashed = fs.has_crashed();
    }
    for (const auto survival :
         {FaultyFs::Survival::kWritten, FaultyFs::Survival::kSynced, FaultyFs::Survival::kTorn}) {
      for (uint64_t seed = 0; seed < (survival == FaultyFs::Survival::kTorn ? 3u : 1u); ++seed) {
        const auto disk = fs.AfterCrash(survival, seed);
        LoggedHead again(*disk, options, kChunks);
        again.head->RefuseBefore(130 * kIntervalMs);
        again.Start();
        EXPECT_EQ(Differences(ReadAll(*again.head), before), "") << "crash at " << nth;
      }
    }
    if (!has_crashed) break;
    ASSERT_LT(nth, 200u);
  }
}

}  // namespace
}  // namespace tocsin::tsdb

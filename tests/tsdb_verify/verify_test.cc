#include "tsdb/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tsdb/database_fixture.h"
#include "tsdb/head_chunks/head_chunk_files.h"

namespace tocsin::tsdb {
namespace {

using ::testing::IsEmpty;

/// A data directory with blocks, a log and head chunks, at rest.
std::unique_ptr<FaultyFs> MakeDirectory() {
  SmallWorld world;
  EXPECT_TRUE(world.Open().ok());
  world.Fill(0, 5 * SmallWorld::kBlockMs);
  world.database->Maintain(5 * SmallWorld::kBlockMs);
  EXPECT_GT(world.BlockDirectories(), 0u);
  EXPECT_TRUE(world.database->Close().ok());
  world.database.reset();
  auto chunks = HeadChunkFiles::Open(*world.fs, "/data/chunks_head");
  EXPECT_TRUE(chunks.ok());
  const std::string one_sample("\0\1\2\0\0\0\0\0\0\0\0", 11);  // XOR: at 1 ms, value 0.
  EXPECT_TRUE((*chunks)->Write(1, 1, 1, 1, one_sample, false).ok());
  chunks->reset();
  return std::move(world.fs);
}

struct Outcome {
  DirectoryVerification counts;
  std::vector<DirectoryProblem> problems;
};

Outcome Verify(Fs& fs) {
  Outcome outcome;
  const auto verification = VerifyDirectory(
      fs, "/data", [&](const DirectoryProblem& problem) { outcome.problems.push_back(problem); });
  EXPECT_TRUE(verification) << verification.error().message();
  if (verification) outcome.counts = *verification;
  return outcome;
}

void AddFiles(Fs& fs, const std::string& directory, std::vector<std::string>& files) {
  const std::vector<DirectoryEntry> entries = fs.List(directory).value();
  for (const DirectoryEntry& entry : entries) {
    const std::string path = directory + "/" + entry.name;
    if (entry.is_directory) {
      AddFiles(fs, path, files);
    } else {
      files.push_back(path);
    }
  }
}

TEST(VerifyTest, FindsNothingWrongWithWhatTheDatabaseWrote) {
  const auto fs = MakeDirectory();
  const Outcome outcome = Verify(*fs);
  for (const DirectoryProblem& problem : outcome.problems) {
    ADD_FAILURE() << problem.file << ", byte " << problem.offset << ": " << problem.reason;
  }
  EXPECT_EQ(outcome.counts.problems, 0u);
  EXPECT_GT(outcome.counts.blocks, 0u);
  EXPECT_GT(outcome.counts.block_samples, 0u);
  EXPECT_GT(outcome.counts.log_records, 0u);
  EXPECT_GE(outcome.counts.head_chunks, 1u);
}

TEST(VerifyTest, NamesADamagedFileOfEachKind) {
  const auto pristine = MakeDirectory();
  std::vector<std::string> files;
  AddFiles(*pristine, "/data", files);
  std::mt19937_64 random(7);
  size_t tried = 0;
  for (const std::string& file : files) {
    const std::string bytes = pristine->ReadFile(file).value();
    const bool is_block = file.find("/index") != std::string::npos ||
                          file.find("/chunks/") != std::string::npos ||
                          file.find("/tombstones") != std::string::npos;
    const bool is_head_chunks = file.find("/chunks_head/") != std::string::npos;
    if ((!is_block && !is_head_chunks) || bytes.empty()) continue;
    // The last byte of each of these files is of a checksum.
    std::string damaged = bytes;
    damaged.back() = static_cast<char>(damaged.back() ^ (1 << random() % 8));
    const auto fs = pristine->AfterCrash(FaultyFs::Survival::kWritten);
    ASSERT_TRUE(fs->WriteFileAtomically(file, damaged).ok());
    const Outcome outcome = Verify(*fs);
    ASSERT_FALSE(outcome.problems.empty()) << file;
    // A chunk that cannot be read is a problem of the index entry that names it.
    const DirectoryProblem& problem = outcome.problems[0];
    EXPECT_TRUE(problem.file == file || problem.reason.starts_with(file))
        << file << ": " << problem.file << ": " << problem.reason;
    ++tried;
  }
  EXPECT_GE(tried, 3u);
}

TEST(VerifyTest, NamesADamagedRecordOfTheLog) {
  const auto fs = MakeDirectory();
  std::vector<std::string> files;
  AddFiles(*fs, "/data/wal", files);
  ASSERT_FALSE(files.empty());
  const std::string file = files.front();
  std::string bytes = fs->ReadFile(file).value();
  ASSERT_GT(bytes.size(), 100u);
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  ASSERT_TRUE(fs->WriteFileAtomically(file, bytes).ok());
  const Outcome outcome = Verify(*fs);
  ASSERT_EQ(outcome.problems.size(), 1u);
  EXPECT_EQ(outcome.problems[0].file, file);
}

TEST(VerifyTest, WhatACrashLeavesOfTheLastWriteIsNoProblem) {
  const auto fs = MakeDirectory();
  std::vector<std::string> files;
  AddFiles(*fs, "/data/chunks_head", files);
  const std::string bytes = fs->ReadFile(files.back()).value();
  ASSERT_TRUE(fs->WriteFileAtomically(files.back(), bytes.substr(0, bytes.size() - 3)).ok());
  EXPECT_THAT(Verify(*fs).problems, IsEmpty());
}

TEST(VerifyTest, AnEmptyDirectoryIsFine) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/data").ok());
  EXPECT_THAT(Verify(fs).problems, IsEmpty());
  EXPECT_FALSE(VerifyDirectory(fs, "/none", [](const DirectoryProblem&) {}));
}

}  // namespace
}  // namespace tocsin::tsdb

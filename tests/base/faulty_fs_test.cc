#include "base/faulty_fs.h"

#include <gtest/gtest.h>

#include <string>

namespace tocsin {
namespace {

using Fault = FaultyFs::Fault;
using Survival = FaultyFs::Survival;

std::string ReadOr(Fs& fs, const std::string& path, std::string otherwise) {
  Result<std::string> bytes = fs.ReadFile(path);
  return bytes ? *bytes : otherwise;
}

TEST(FaultyFsTest, BehavesAsAFileSystem) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/data/wal"));
  const auto file = fs.OpenForWriting("/data/wal/0", /*truncate=*/true);
  ASSERT_TRUE((*file)->Append("hello torn"));
  ASSERT_TRUE((*file)->Truncate(6));
  ASSERT_TRUE((*file)->Append("world"));
  EXPECT_EQ(ReadOr(fs, "/data/wal/0", ""), "hello world");
  EXPECT_EQ((*fs.Map("/data/wal/0"))->bytes(), "hello world");
  ASSERT_TRUE(fs.Rename("/data/wal", "/data/log"));
  EXPECT_FALSE(fs.Exists("/data/wal/0"));
  EXPECT_EQ(fs.List("/data/log")->front().size_bytes, 11u);
  EXPECT_EQ(fs.Remove("/data/log").error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(fs.RemoveAll("/data"));
  EXPECT_EQ(fs.OpenForReading("/data/log/0").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(fs.OpenForWriting("/data/log/0", true).error().code(), ErrorCode::kNotFound);
}

TEST(FaultyFsTest, RefusedWriteArrivesByHalfAndLaterOnesSucceed) {
  FaultyFs fs;
  const auto file = fs.OpenForWriting("/file", /*truncate=*/true);
  fs.FailAt(1, Fault::kNoSpace);
  ASSERT_TRUE((*file)->Append("good "));
  const Status refused = (*file)->Append("1234");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().message(), "write /file: no space left on device");
  EXPECT_EQ(ReadOr(fs, "/file", ""), "good 12");
  EXPECT_TRUE((*file)->Append("more"));
  EXPECT_FALSE(fs.has_crashed());
}

TEST(FaultyFsTest, FaultLastsAsLongAsAskedOrUntilHealed) {
  FaultyFs fs;
  fs.FailAt(0, Fault::kIoError, 2);
  EXPECT_FALSE(fs.CreateDirectories("/a"));
  EXPECT_FALSE(fs.CreateDirectories("/a"));
  EXPECT_TRUE(fs.CreateDirectories("/a"));
  fs.FailAt(0, Fault::kNoSpace, ~uint64_t{0});
  EXPECT_FALSE(fs.CreateDirectories("/b"));
  fs.Heal();
  EXPECT_TRUE(fs.CreateDirectories("/b"));
}

TEST(FaultyFsTest, NothingHappensAfterACrash) {
  FaultyFs fs;
  const auto file = fs.OpenForWriting("/file", /*truncate=*/true);
  fs.FailAt(0, Fault::kCrash);
  EXPECT_FALSE((*file)->Append("1234"));
  EXPECT_TRUE(fs.has_crashed());
  EXPECT_FALSE((*file)->Append("5678"));
  EXPECT_FALSE((*file)->Sync());
  EXPECT_FALSE(fs.OpenForWriting("/other", true));
  EXPECT_EQ(ReadOr(*fs.AfterCrash(Survival::kWritten), "/file", ""), "12");
}

TEST(FaultyFsTest, PowerFailureKeepsWhatWasSynced) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/d"));
  const auto file = fs.OpenForWriting("/d/file", /*truncate=*/true);
  ASSERT_TRUE((*file)->Append("durable"));
  ASSERT_TRUE((*file)->Sync());
  EXPECT_FALSE(fs.AfterCrash(Survival::kSynced)->Exists("/d/file"))
      << "no name without SyncDirectory";
  ASSERT_TRUE(fs.SyncDirectory("/d"));
  ASSERT_TRUE((*file)->Append(" lost"));
  EXPECT_EQ(ReadOr(*fs.AfterCrash(Survival::kSynced), "/d/file", "none"), "durable");
  EXPECT_EQ(ReadOr(*fs.AfterCrash(Survival::kWritten), "/d/file", "none"), "durable lost");
}

TEST(FaultyFsTest, UnsyncedRenameMayOrMayNotSurvive) {
  FaultyFs fs;
  ASSERT_TRUE(fs.WriteFileAtomically("/file", "old"));
  const auto next = fs.OpenForWriting("/next", /*truncate=*/true);
  ASSERT_TRUE((*next)->Append("new"));
  ASSERT_TRUE((*next)->Sync());
  ASSERT_TRUE(fs.Rename("/next", "/file"));
  EXPECT_EQ(ReadOr(*fs.AfterCrash(Survival::kSynced), "/file", ""), "old");
  bool saw_old = false, saw_new = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string found = ReadOr(*fs.AfterCrash(Survival::kTorn, seed), "/file", "");
    saw_old |= found == "old";
    saw_new |= found == "new";
  }
  EXPECT_TRUE(saw_old && saw_new);
}

TEST(FaultyFsTest, TornFilesKeepTheSyncedPrefix) {
  FaultyFs fs;
  const auto file = fs.OpenForWriting("/file", /*truncate=*/true);
  ASSERT_TRUE((*file)->Append("synced"));
  ASSERT_TRUE((*file)->Sync());
  ASSERT_TRUE(fs.SyncDirectory("/"));
  ASSERT_TRUE((*file)->Append(std::string(10'000, 'x')));
  bool saw_zeros = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string found = ReadOr(*fs.AfterCrash(Survival::kTorn, seed), "/file", "");
    EXPECT_TRUE(found.starts_with("synced"));
    EXPECT_LE(found.size(), 10'006u);
    saw_zeros |= found.find('\0') != std::string::npos;
  }
  EXPECT_TRUE(saw_zeros);
}

TEST(FaultyFsTest, AtomicWriteLeavesOldOrNewAtEveryCrash) {
  const auto run = [](FaultyFs& fs) { return fs.WriteFileAtomically("/file", "new contents"); };
  const auto prepare = [](FaultyFs& fs) { return fs.WriteFileAtomically("/file", "old"); };
  FaultyFs counting;
  ASSERT_TRUE(prepare(counting));
  const uint64_t before = counting.write_operations();
  ASSERT_TRUE(run(counting));
  const uint64_t operations = counting.write_operations() - before;
  EXPECT_EQ(operations, 5u);  // open, write, sync, rename, sync of the directory
  for (uint64_t crash_at = 0; crash_at < operations; ++crash_at) {
    FaultyFs fs;
    ASSERT_TRUE(prepare(fs));
    fs.FailAt(crash_at, Fault::kCrash);
    EXPECT_FALSE(run(fs));
    for (const auto survival : {Survival::kWritten, Survival::kSynced, Survival::kTorn}) {
      const std::string found = ReadOr(*fs.AfterCrash(survival, crash_at), "/file", "");
      EXPECT_TRUE(found == "old" || found == "new contents") << found;
    }
  }
}

}  // namespace
}  // namespace tocsin

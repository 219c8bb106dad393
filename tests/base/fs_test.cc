#include "base/fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

class PosixFsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/fs_test.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { EXPECT_TRUE(fs_.RemoveAll(root_)); }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }
  void Write(const std::string& name, std::string_view bytes) {
    const auto file = fs_.OpenForWriting(Path(name), /*truncate=*/true);
    ASSERT_TRUE(file) << file.error().message();
    ASSERT_TRUE((*file)->Append(bytes));
    ASSERT_TRUE((*file)->Close());
  }
  std::string Read(const std::string& name) {
    const Result<std::string> bytes = fs_.ReadFile(Path(name));
    return bytes ? *bytes : bytes.error().message();
  }

  PosixFs fs_;
  std::string root_;
};

TEST_F(PosixFsTest, AppendedBytesAreReadBack) {
  Write("file", "one ");
  const auto again = fs_.OpenForWriting(Path("file"), /*truncate=*/false);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->size_bytes(), 4u);
  ASSERT_TRUE((*again)->Append("two"));
  EXPECT_EQ((*again)->size_bytes(), 7u);
  ASSERT_TRUE((*again)->Sync());
  EXPECT_EQ(Read("file"), "one two");
}

TEST_F(PosixFsTest, AppendAfterTruncateContinuesAtTheNewEnd) {
  const auto file = fs_.OpenForWriting(Path("file"), /*truncate=*/true);
  ASSERT_TRUE((*file)->Append("good torn"));
  ASSERT_TRUE((*file)->Truncate(5));
  ASSERT_TRUE((*file)->Append("again"));
  EXPECT_EQ(Read("file"), "good again");
}

TEST_F(PosixFsTest, OpeningWithTruncateEmptiesTheFile) {
  Write("file", "long contents");
  Write("file", "x");
  EXPECT_EQ(Read("file"), "x");
}

TEST_F(PosixFsTest, ReadAtStopsAtTheEndOfTheFile) {
  Write("file", "0123456789");
  const auto file = fs_.OpenForReading(Path("file"));
  ASSERT_TRUE(file);
  char bytes[16];
  EXPECT_EQ((*file)->ReadAt(7, bytes, sizeof(bytes)).value(), 3u);
  EXPECT_EQ(std::string_view(bytes, 3), "789");
  EXPECT_EQ((*file)->ReadAt(10, bytes, sizeof(bytes)).value(), 0u);
}

TEST_F(PosixFsTest, MapShowsTheBytesAndAnEmptyFileIsEmpty) {
  Write("file", "mapped");
  Write("empty", "");
  EXPECT_EQ((*fs_.Map(Path("file")))->bytes(), "mapped");
  EXPECT_EQ((*fs_.Map(Path("empty")))->bytes(), "");
}

TEST_F(PosixFsTest, ListIsSortedAndTellsFilesFromDirectories) {
  Write("b", "12");
  Write("a", "1");
  ASSERT_TRUE(fs_.CreateDirectories(Path("c/d")));
  const auto entries = fs_.List(root_);
  ASSERT_TRUE(entries);
  EXPECT_THAT(*entries,
              ElementsAre(Field(&DirectoryEntry::name, "a"), Field(&DirectoryEntry::size_bytes, 2u),
                          Field(&DirectoryEntry::is_directory, true)));
}

TEST_F(PosixFsTest, MissingPathsAreNotFoundAndNamed) {
  const std::string path = Path("missing");
  const std::string expected = "open " + path + ": no such file or directory";
  const auto check = [&](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(result.error().message(), expected);
  };
  check(fs_.OpenForReading(path));
  check(fs_.Map(path));
  check(fs_.List(path));
  check(fs_.ReadFile(path));
  check(fs_.SyncDirectory(path));
  EXPECT_EQ(fs_.Remove(path).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(fs_.Rename(path, Path("other")).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(fs_.RemoveAll(path));
  EXPECT_FALSE(fs_.Exists(path));
}

TEST_F(PosixFsTest, ReadingADirectoryAsAFileFails) {
  const auto bytes = fs_.ReadFile(root_);
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message(), HasSubstr("is a directory"));
}

TEST_F(PosixFsTest, FullDeviceIsUnavailable) {
  const auto file = fs_.OpenForWriting("/dev/full", /*truncate=*/false);
  if (!file) GTEST_SKIP() << "skipped: /dev/full cannot be opened here";
  const Status written = (*file)->Append("x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(written.error().message(), "write /dev/full: no space left on device");
}

TEST_F(PosixFsTest, ReadFileRefusesWhatIsLargerThanTheLimit) {
  Write("file", std::string(200'000, 'x'));
  EXPECT_EQ(fs_.ReadFile(Path("file"), 200'000)->size(), 200'000u);
  const auto refused = fs_.ReadFile(Path("file"), 199'999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
}

TEST_F(PosixFsTest, ReadFileReadsFilesThatClaimToBeEmpty) {
  EXPECT_THAT(fs_.ReadFile("/proc/self/status").value(), HasSubstr("VmRSS"));
}

TEST_F(PosixFsTest, WriteFileAtomicallyReplacesAndLeavesNothingBehind) {
  Write("file", "old");
  ASSERT_TRUE(fs_.WriteFileAtomically(Path("file"), "new"));
  EXPECT_EQ(Read("file"), "new");
  EXPECT_EQ(fs_.List(root_)->size(), 1u);
}

TEST_F(PosixFsTest, RenameMovesAndReplaces) {
  Write("from", "contents");
  Write("to", "replaced");
  ASSERT_TRUE(fs_.Rename(Path("from"), Path("to")));
  EXPECT_EQ(Read("to"), "contents");
  EXPECT_FALSE(fs_.Exists(Path("from")));
  EXPECT_TRUE(fs_.SyncDirectory(root_));
}

}  // namespace
}  // namespace tocsin

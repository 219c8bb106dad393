#include "tsdb/head_chunks/head_chunk_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "base/faulty_fs.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kDirectory[] = "/data/chunks_head";

std::unique_ptr<HeadChunkFiles> OpenAt(Fs& fs, HeadChunkOptions options = {}) {
  return std::move(*HeadChunkFiles::Open(fs, kDirectory, options));
}

std::string PayloadOf(uint64_t i) {
  return std::string(10 + i * 7 % 150, static_cast<char>('a' + i % 26));
}

Result<HeadChunkRef> WriteOne(HeadChunkFiles& files, uint64_t i) {
  return files.Write(i, static_cast<int64_t>(i) * 10, static_cast<int64_t>(i) * 10 + 9, 1 + i % 4,
                     PayloadOf(i), i % 5 == 0);
}

void ExpectChunk(const HeadChunk& chunk, uint64_t i) {
  EXPECT_EQ(chunk.series_ref, i);
  EXPECT_EQ(chunk.min_time_ms, static_cast<int64_t>(i) * 10);
  EXPECT_EQ(chunk.max_time_ms, static_cast<int64_t>(i) * 10 + 9);
  EXPECT_EQ(chunk.encoding, 1 + i % 4);
  EXPECT_EQ(chunk.is_out_of_order, i % 5 == 0);
  EXPECT_EQ(chunk.bytes, PayloadOf(i));
}

struct Found {
  std::vector<uint64_t> series;
  std::vector<HeadChunkRef> refs;
  std::vector<HeadChunkDamage> damages;
};

Found FindAll(const HeadChunkFiles& files) {
  Found found;
  const Status status = files.ForEach(
      [&](HeadChunkRef ref, const HeadChunk& chunk) -> Status {
        found.series.push_back(chunk.series_ref);
        found.refs.push_back(ref);
        ExpectChunk(chunk, chunk.series_ref);
        return {};
      },
      [&](const HeadChunkDamage& damage) { found.damages.push_back(damage); });
  EXPECT_TRUE(status);
  return found;
}

std::vector<uint64_t> Sequence(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> numbers;
  for (; begin < end; ++begin) numbers.push_back(begin);
  return numbers;
}

// Worked by hand from tsdb/docs/format/head_chunks.md.
TEST(HeadChunkFileTest, BytesAreThoseOfPrometheus) {
  FaultyFs fs;
  {
    auto files = OpenAt(fs);
    ASSERT_TRUE(files->Write(7, 1000, 2000, 2, "chunk", true));
  }
  const std::string bytes = *fs.ReadFile(std::string(kDirectory) + "/000001");
  const std::string expected(
      "\x01\x30\xbc\x91\x01\0\0\0"
      "\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x03\xe8\0\0\0\0\0\0\x07\xd0\x82\x05"
      "chunk",
      8 + 26 + 5);
  EXPECT_EQ(bytes.substr(0, expected.size()), expected);
  EXPECT_EQ(bytes.size(), expected.size() + 4);
}

TEST(HeadChunkFilesTest, ReadsWhatIsBufferedAndWhatIsWritten) {
  FaultyFs fs;
  auto files = OpenAt(fs, {.max_file_bytes = 4096, .buffer_bytes = 512});
  HeadChunkReader early = files->MakeReader();
  std::vector<HeadChunkRef> refs;
  for (uint64_t i = 0; i < 200; ++i) {
    refs.push_back(*WriteOne(*files, i));
    const auto chunk = early.Read(refs.back());
    ASSERT_TRUE(chunk) << chunk.error().message();
    ExpectChunk(*chunk, i);
  }
  EXPECT_GT(refs.back().file(), 3u);
  HeadChunkReader late = files->MakeReader();
  for (uint64_t i = 0; i < refs.size(); ++i) {
    const auto chunk = late.Read(refs[i]);
    ASSERT_TRUE(chunk) << i;
    ExpectChunk(*chunk, i);
  }
  EXPECT_FALSE(late.Read(HeadChunkRef::Of(99, 8)));
  EXPECT_FALSE(late.Read(HeadChunkRef::Of(1, 3)));
  EXPECT_FALSE(late.Read(HeadChunkRef::Of(1, 1u << 30)));
}

TEST(HeadChunkFilesTest, LargeChunksPassTheBufferAndTooLargeOnesAreRefused) {
  FaultyFs fs;
  auto files = OpenAt(fs, {.max_file_bytes = 4096, .buffer_bytes = 64});
  const std::string large(3000, 'x');
  const auto ref = files->Write(1, 0, 1, 1, large, false);
  ASSERT_TRUE(ref);
  ASSERT_TRUE(WriteOne(*files, 2));
  HeadChunkReader reader = files->MakeReader();
  EXPECT_EQ(reader.Read(*ref)->bytes, large);
  const auto refused = files->Write(1, 0, 1, 1, std::string(4096, 'x'), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
}

TEST(HeadChunkFilesTest, FindsAllAfterARestartAndBeginsANewFile) {
  FaultyFs fs;
  std::vector<HeadChunkRef> refs;
  {
    auto files = OpenAt(fs, {.max_file_bytes = 4096});
    for (uint64_t i = 0; i < 100; ++i) refs.push_back(*WriteOne(*files, i));
  }
  auto files = OpenAt(fs, {.max_file_bytes = 4096});
  const Found found = FindAll(*files);
  EXPECT_EQ(found.series, Sequence(0, 100));
  EXPECT_EQ(found.refs, refs);
  EXPECT_THAT(found.damages, IsEmpty());
  HeadChunkReader reader = files->MakeReader();
  ExpectChunk(*reader.Read(refs[50]), 50);
  EXPECT_EQ(WriteOne(*files, 100)->file(), refs.back().file() + 1);
}

TEST(HeadChunkFilesTest, TruncateRemovesFilesAndReadersKeepTheirs) {
  FaultyFs fs;
  auto files = OpenAt(fs, {.max_file_bytes = 2048, .buffer_bytes = 256});
  std::vector<HeadChunkRef> refs;
  for (uint64_t i = 0; i < 100; ++i) refs.push_back(*WriteOne(*files, i));
  HeadChunkReader reader = files->MakeReader();
  const auto first = reader.Read(refs[0]);
  ASSERT_TRUE(first);
  const uint64_t size_before = files->size_bytes();
  ASSERT_TRUE(files->Truncate(3));
  ExpectChunk(*first, 0);
  EXPECT_TRUE(reader.Read(refs[1]));
  HeadChunkReader later = files->MakeReader();
  EXPECT_EQ(later.Read(refs[0]).error().code(), ErrorCode::kNotFound);
  EXPECT_LT(files->size_bytes(), size_before);
  EXPECT_FALSE(fs.Exists(std::string(kDirectory) + "/000002"));
  EXPECT_TRUE(fs.Exists(std::string(kDirectory) + "/000003"));
  ASSERT_TRUE(files->Truncate(1000));  // Never the one that is being written.
  EXPECT_TRUE(later.Read(refs.back()));
  ASSERT_TRUE(files->CutFile());
  ASSERT_TRUE(files->Truncate(1000));
  EXPECT_THAT(*fs.List(kDirectory), IsEmpty());
  EXPECT_TRUE(WriteOne(*files, 7));
}

class DamageTest : public testing::Test {
 protected:
  DamageTest() {
    auto files = OpenAt(fs_);
    for (uint64_t i = 0; i < 20; ++i) refs_.push_back(*WriteOne(*files, i));
    files.reset();
    bytes_ = *fs_.ReadFile(path_);
  }
  Found FindIn(const std::string& bytes) {
    EXPECT_TRUE((*fs_.OpenForWriting(path_, /*truncate=*/true))->Append(bytes));
    return FindAll(*OpenAt(fs_));
  }

  const std::string path_ = std::string(kDirectory) + "/000001";
  FaultyFs fs_;
  std::vector<HeadChunkRef> refs_;
  std::string bytes_;
};

TEST_F(DamageTest, TornTailsLoseTheirLastChunkAlone) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    const Found found = FindIn(bytes_.substr(0, size));
    uint64_t whole = 0;
    while (whole + 1 < refs_.size() && refs_[whole + 1].offset() <= size) ++whole;
    if (size < refs_[0].offset()) whole = 0;
    EXPECT_EQ(found.series, Sequence(0, whole)) << size;
    // The first bytes of a chunk are zeros, as is room made in advance.
    const size_t tail = std::min<size_t>(size, refs_[whole].offset());
    const bool is_zero = bytes_.substr(tail, size - tail).find_first_not_of('\0') == bytes_.npos;
    EXPECT_EQ(found.damages.size(), is_zero ? 0u : 1u) << size;
  }
}

TEST_F(DamageTest, ZerosAtTheEndAreRoomMadeInAdvance) {
  const Found found = FindIn(bytes_ + std::string(100'000, '\0'));
  EXPECT_EQ(found.series, Sequence(0, 20));
  EXPECT_THAT(found.damages, IsEmpty());
}

TEST_F(DamageTest, AFlippedByteLosesItsChunkOrIsReported) {
  for (size_t at = 0; at < bytes_.size(); ++at) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
    const Found found = FindIn(damaged);
    if (at >= 5 && at < kHeadChunkFileHeaderBytes) {  // Padding.
      EXPECT_EQ(found.series.size(), 20u);
      continue;
    }
    EXPECT_THAT(found.damages, SizeIs(1)) << at;
    EXPECT_LT(found.series.size(), 20u) << at;
    // In the payload: only that chunk.
    for (uint64_t i = 0; i < refs_.size(); ++i) {
      const size_t begin = refs_[i].offset() + 27;
      if (at >= begin && at < begin + 10) {
        EXPECT_EQ(found.series.size(), 19u) << at;
      }
    }
  }
}

TEST_F(DamageTest, OtherFilesAreReportedOrLeftAlone) {
  ASSERT_TRUE((*fs_.OpenForWriting(std::string(kDirectory) + "/000002", true))
                  ->Append("something else altogether"));
  ASSERT_TRUE((*fs_.OpenForWriting(std::string(kDirectory) + "/000003", true))->Append(""));
  ASSERT_TRUE((*fs_.OpenForWriting(std::string(kDirectory) + "/notes", true))->Append("mine"));
  auto files = OpenAt(fs_);
  const Found found = FindAll(*files);
  EXPECT_EQ(found.series, Sequence(0, 20));
  ASSERT_THAT(found.damages, SizeIs(1));
  EXPECT_EQ(found.damages[0].reason, "wrong magic number");
  EXPECT_THAT(found.damages[0].path, HasSubstr("000002"));
  EXPECT_EQ(WriteOne(*files, 1)->file(), 4u);
  EXPECT_TRUE(fs_.Exists(std::string(kDirectory) + "/notes"));
}

/// At every write a full disk, and a crash: what was acknowledged can be read, respectively what
/// was flushed is there.
TEST(HeadChunkCrashTest, NoFaultLosesOrChangesAChunk) {
  for (const auto fault : {FaultyFs::Fault::kNoSpace, FaultyFs::Fault::kIoError}) {
    for (uint64_t nth = 0; nth < 60; ++nth) {
      FaultyFs fs;
      auto files = OpenAt(fs, {.max_file_bytes = 2048, .buffer_bytes = 256});
      fs.FailAt(nth, fault, 2);
      std::map<uint64_t, HeadChunkRef> written;
      for (uint64_t i = 0; i < 80; ++i) {
        const auto ref = WriteOne(*files, i);
        if (ref) written[i] = *ref;
      }
      EXPECT_GE(written.size(), 70u);
      HeadChunkReader reader = files->MakeReader();
      for (const auto& [i, ref] : written) ExpectChunk(*reader.Read(ref), i);
      ASSERT_TRUE(files->Flush());
      files.reset();
      const Found found = FindAll(*OpenAt(fs));
      EXPECT_EQ(found.series.size(), written.size()) << nth;
      EXPECT_THAT(found.damages, IsEmpty()) << nth;
    }
  }
}

TEST(HeadChunkCrashTest, WhatIsDurableIsThereAfterAPowerFailure) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    FaultyFs fs;
    auto files = OpenAt(fs, {.max_file_bytes = 2048, .buffer_bytes = 256});
    std::mt19937_64 random(seed);
    uint64_t durable = 0;
    const uint64_t count = 20 + random() % 60;
    for (uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(WriteOne(*files, i));
      if (random() % 20 != 0) continue;
      ASSERT_TRUE(files->Flush(HeadChunkFiles::Durability::kDurable));
      durable = i + 1;
    }
    const auto after = fs.AfterCrash(FaultyFs::Survival::kTorn, seed);
    const Found found = FindAll(*OpenAt(*after));
    EXPECT_GE(found.series.size(), durable) << seed;
    const std::vector<uint64_t> expected = Sequence(0, durable);
    EXPECT_TRUE(
        std::includes(found.series.begin(), found.series.end(), expected.begin(), expected.end()));
  }
}

TEST(HeadChunkThreadsTest, ReadersSeeWhatWritersFinished) {
  FaultyFs fs;
  auto files = OpenAt(fs, {.max_file_bytes = 16'384, .buffer_bytes = 1024});
  constexpr uint64_t kChunks = 3000;
  std::vector<std::atomic<uint64_t>> refs(kChunks);
  std::jthread writer([&] {
    for (uint64_t i = 0; i < kChunks; ++i) refs[i] = WriteOne(*files, i)->packed;
  });
  std::vector<std::jthread> readers;
  for (int thread = 0; thread < 2; ++thread) {
    readers.emplace_back([&] {
      for (uint64_t i = 0; i < kChunks;) {
        HeadChunkReader reader = files->MakeReader();
        for (uint64_t end = std::min(i + 50, kChunks); i < end && refs[i] != 0; ++i) {
          const auto chunk = reader.Read({refs[i]});
          ASSERT_TRUE(chunk);
          ExpectChunk(*chunk, i);
        }
      }
    });
  }
}

}  // namespace
}  // namespace tocsin::tsdb

#include "tsdb/wal/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb_wal/log_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

constexpr char kSegment[] = "/wal/00000000";

std::string Contents(Fs& fs, const std::string& path) { return fs.ReadFile(path).value(); }

std::vector<std::string> RandomRecords(size_t count, size_t max_size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> records(count);
  for (std::string& record : records) {
    record.resize(random() % max_size);
    for (char& byte : record) byte = static_cast<char>('a' + random() % 4);
  }
  return records;
}

TEST(SegmentNameTest, HasEightDigitsAndIsParsedBack) {
  EXPECT_EQ(SegmentName(42), "00000042");
  EXPECT_EQ(CheckpointName(7), "checkpoint.00000007");
  EXPECT_EQ(ParseSegmentIndex("00000042"), 42);
  for (const char* other : {"", "-1", "0000004x", "00000003.corrupt", "checkpoint.00000001"}) {
    EXPECT_EQ(ParseSegmentIndex(other), std::nullopt) << other;
  }
}

TEST(SegmentTest, BytesOfAShortRecordAreThoseOfPrometheus) {
  FaultyFs fs;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, {"record"}));
  std::string expected("\x01\x00\x06", 3);
  PutBE32(expected, Crc32c("record"));
  EXPECT_EQ(Contents(fs, kSegment), expected + "record");
}

TEST(SegmentTest, RecordsRoundTripUnderEachCompression) {
  const std::vector<std::string> records = RandomRecords(300, 50'000, 1);
  for (const auto compression :
       {WalCompression::kNone, WalCompression::kSnappy, WalCompression::kZstd}) {
    FaultyFs fs;
    ASSERT_TRUE(WriteSegment(fs, "/wal", 0, records, compression));
    const ReadSegment read = ReadWholeSegment(fs, kSegment);
    EXPECT_THAT(read.records, ElementsAreArray(records));
    EXPECT_THAT(read.damages, IsEmpty());
    EXPECT_FALSE(read.torn_offset);
  }
}

TEST(SegmentTest, EveryRecordLengthAroundAPageRoundTrips) {
  FaultyFs fs;
  std::vector<std::string> records;
  for (size_t size = kWalPageBytes - 30; size < kWalPageBytes + 5; ++size) {
    records.emplace_back(size, 'x');
    records.emplace_back("");
    records.emplace_back("yz");
  }
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, records));
  EXPECT_THAT(ReadWholeSegment(fs, kSegment).records, ElementsAreArray(records));
}

TEST(SegmentTest, IncompressibleRecordIsStoredAsItIs) {
  FaultyFs fs;
  std::mt19937_64 random(3);
  std::string record(100, '\0');
  for (char& byte : record) byte = static_cast<char>(random());
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, {record}, WalCompression::kSnappy));
  EXPECT_EQ(Contents(fs, kSegment)[0], 1);
  ASSERT_TRUE(WriteSegment(fs, "/wal", 1, {std::string(100, 'x')}, WalCompression::kSnappy));
  EXPECT_EQ(Contents(fs, "/wal/00000001")[0], 1 | kSnappyFlag);
}

TEST(SegmentTest, ReadingBeginsAtAnyRecord) {
  FaultyFs fs;
  const std::vector<std::string> records = RandomRecords(50, 9'000, 5);
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, records));
  std::vector<uint64_t> offsets;
  auto reader = SegmentReader::Open(fs, kSegment).value();
  while (reader->Next().value()) offsets.push_back(reader->record_offset());
  ASSERT_EQ(offsets.size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(ReadWholeSegment(fs, kSegment, offsets[i]).records.size(), records.size() - i) << i;
  }
}

TEST(SegmentWriterTest, CutsBeforeTheSegmentIsTooLargeAndNeverWithinARecord) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  SegmentWriter::Options options;
  options.segment_bytes = 2 * kWalPageBytes;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  SegmentWriter writer = SegmentWriter::Create(fs, "/wal", 5, options).value();
  RecordBatch batch;
  const std::vector<std::string> records = RandomRecords(40, 20'000, 9);
  for (const std::string& record : records) {
    const std::string_view view = record;
    batch.Assign({&view, 1}, WalCompression::kNone);
    ASSERT_TRUE(writer.Write(batch));
  }
  ASSERT_TRUE(writer.Close());
  std::vector<std::string> read;
  const std::vector<SegmentFile> segments = ListSegments(fs, "/wal").value();
  EXPECT_GT(segments.size(), 3u);
  EXPECT_EQ(segments.front().index, 5);
  for (const SegmentFile& segment : segments) {
    EXPECT_EQ(segment.size_bytes % kWalPageBytes, 0u) << "padded when sealed";
    EXPECT_LE(segment.size_bytes, options.segment_bytes);
    const ReadSegment part = ReadWholeSegment(fs, segment.path);
    EXPECT_THAT(part.damages, IsEmpty());
    read.insert(read.end(), part.records.begin(), part.records.end());
  }
  EXPECT_THAT(read, ElementsAreArray(records));
}

TEST(SegmentWriterTest, BatchLargerThanASegmentIsSplitBetweenRecords) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  SegmentWriter::Options options;
  options.segment_bytes = kWalPageBytes;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  SegmentWriter writer = SegmentWriter::Create(fs, "/wal", 0, options).value();
  const std::vector<std::string> records = {std::string(20'000, 'a'), std::string(20'000, 'b'),
                                            std::string(100'000, 'c'), "d"};
  const std::vector<std::string_view> views(records.begin(), records.end());
  RecordBatch batch;
  batch.Assign(views, WalCompression::kNone);
  ASSERT_TRUE(writer.Write(batch));
  std::vector<std::string> read;
  const auto listed = ListSegments(fs, "/wal");
  for (const SegmentFile& segment : listed.value()) {
    for (std::string& record : ReadWholeSegment(fs, segment.path).records) read.push_back(record);
  }
  EXPECT_THAT(read, ElementsAreArray(records));
}

TEST(SegmentWriterTest, FailedWriteLeavesNoTraceAndTheNextSucceeds) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  SegmentWriter::Options options;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  SegmentWriter writer = SegmentWriter::Create(fs, "/wal", 0, options).value();
  const auto write = [&](std::string_view record) {
    RecordBatch batch;
    batch.Assign({&record, 1}, WalCompression::kNone);
    return writer.Write(batch);
  };
  ASSERT_TRUE(write("first"));
  fs.FailAt(0, FaultyFs::Fault::kNoSpace);
  EXPECT_FALSE(write("refused"));
  EXPECT_THAT(ReadWholeSegment(fs, kSegment).records, ElementsAre("first"));
  ASSERT_TRUE(write("second"));
  EXPECT_THAT(ReadWholeSegment(fs, kSegment).records, ElementsAre("first", "second"));
}

TEST(SegmentWriterTest, SegmentThatCannotBeCutBackIsAbandoned) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  SegmentWriter::Options options;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  SegmentWriter writer = SegmentWriter::Create(fs, "/wal", 0, options).value();
  const auto write = [&](std::string_view record) {
    RecordBatch batch;
    batch.Assign({&record, 1}, WalCompression::kNone);
    return writer.Write(batch);
  };
  ASSERT_TRUE(write("first"));
  fs.FailAt(0, FaultyFs::Fault::kIoError, 3);  // The write and two attempts to truncate.
  EXPECT_FALSE(write("refused"));
  ASSERT_TRUE(write("second"));
  EXPECT_EQ(writer.position().segment, 1);
  const ReadSegment old = ReadWholeSegment(fs, kSegment);
  EXPECT_THAT(old.records, ElementsAre("first"));
  EXPECT_EQ(old.torn_offset, 12u);
  EXPECT_THAT(ReadWholeSegment(fs, "/wal/00000001").records, ElementsAre("second"));
}

TEST(SegmentWriterTest, NoSpaceForANewSegmentLeavesTheOldOneInUse) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/wal"));
  SegmentWriter::Options options;
  options.seal = [](std::unique_ptr<WritableFile> file) { return file->Close(); };
  SegmentWriter writer = SegmentWriter::Create(fs, "/wal", 0, options).value();
  const std::string_view record = "record";
  RecordBatch batch;
  batch.Assign({&record, 1}, WalCompression::kNone);
  ASSERT_TRUE(writer.Write(batch));
  fs.FailAt(0, FaultyFs::Fault::kNoSpace);
  EXPECT_FALSE(writer.Cut());
  ASSERT_TRUE(writer.Write(batch));
  const ReadSegment read = ReadWholeSegment(fs, kSegment);
  EXPECT_THAT(read.records, ElementsAre("record", "record"));
  EXPECT_THAT(read.damages, IsEmpty());
}

}  // namespace
}  // namespace tocsin::tsdb

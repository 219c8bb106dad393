#include "tsdb/wal/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "base/varint.h"
#include "model/sample.h"

namespace tocsin::tsdb {
namespace {

using testing::HasSubstr;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}

void ExpectSame(const std::vector<SampleRecord>& a, const std::vector<SampleRecord>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].ref, b[i].ref) << i;
    EXPECT_EQ(a[i].timestamp_ms, b[i].timestamp_ms) << i;
    EXPECT_EQ(std::bit_cast<uint64_t>(a[i].value), std::bit_cast<uint64_t>(b[i].value)) << i;
  }
}

TEST(SeriesRecordTest, BytesAreThoseOfPrometheus) {
  std::string record;
  BeginSeriesRecord(record);
  AppendSeries(2, Labels{{"__name__", "up"}, {"job", "n"}}, record);
  EXPECT_EQ(record, Bytes({1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 8}) + "__name__" + Bytes({2}) + "up" +
                        Bytes({3}) + "job" + Bytes({1}) + "n");
}

TEST(SeriesRecordTest, RoundTripsLabelsOfEveryLength) {
  std::string record;
  BeginSeriesRecord(record);
  std::vector<Labels> expected = {Labels{}, Labels{{"a", "b"}}};
  for (const size_t size : {127u, 128u, 254u, 255u, 256u, 70'000u}) {
    expected.push_back(Labels{{"a", std::string(size, 'v')}, {std::string(size, 'n'), "z"}});
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    AppendSeries(~uint64_t{0} - i, expected[i], record);
  }
  SeriesBatch batch;
  const Status status = DecodeSeries(record, batch);
  ASSERT_TRUE(status) << status.error().message();
  ASSERT_EQ(batch.series.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(batch.series[i].ref, ~uint64_t{0} - i);
    EXPECT_EQ(batch.series[i].labels(), expected[i]) << i;
  }
}

TEST(SeriesRecordTest, UnsortedAndEmptyLabelsArePutRight) {
  const std::string record =
      Bytes({1, 0, 0, 0, 0, 0, 0, 0, 7, 3}) + "\1b\1x" + "\1a\1y" + "\1c" + Bytes({0});
  SeriesBatch batch;
  ASSERT_TRUE(DecodeSeries(record, batch));
  ASSERT_EQ(batch.series.size(), 1u);
  EXPECT_EQ(batch.series[0].labels(), (Labels{{"a", "y"}, {"b", "x"}}));
}

TEST(SamplesRecordTest, BytesAreThoseOfPrometheus) {
  const std::vector<SampleRecord> samples = {{10, 1000, 1.0}, {9, 1064, -2.0}};
  std::string record;
  EncodeSamples(samples, record);
  EXPECT_EQ(record, Bytes({2, 0,    0,    0,    0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 3, 0xe8,  //
                           0, 0,    0x3f, 0xf0, 0, 0, 0, 0, 0,  0,                          //
                           1, 0x80, 1,    0xc0, 0, 0, 0, 0, 0,  0, 0}));
}

TEST(SamplesRecordTest, RoundTripsExtremes) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const std::vector<SampleRecord> samples = {{1, 0, 0.0},
                                             {~uint64_t{0}, kMax, kStaleNan},
                                             {0, kMin, kNormalNan},
                                             {1u << 31, -1, -0.0},
                                             {1, 1, INFINITY}};
  for (size_t first = 0; first < samples.size(); ++first) {
    std::string record;
    const std::vector<SampleRecord> part(samples.begin() + static_cast<ptrdiff_t>(first),
                                         samples.end());
    EncodeSamples(part, record);
    std::vector<SampleRecord> decoded;
    ASSERT_TRUE(DecodeSamples(record, decoded));
    ExpectSame(decoded, part);
  }
}

TEST(SamplesRecordTest, EmptyRecordHoldsNothing) {
  std::string record;
  EncodeSamples({}, record);
  EXPECT_EQ(record, Bytes({2}));
  std::vector<SampleRecord> decoded = {{1, 1, 1}};
  EXPECT_TRUE(DecodeSamples(record, decoded));
  EXPECT_TRUE(decoded.empty());
}

/// EncodeRow must give what EncodeSamples gives for the slots that are present.
template <typename Ref>
void CheckRow(size_t size, uint64_t seed, int presence_percent) {
  std::mt19937_64 random(seed);
  std::vector<Ref> refs(size);
  std::vector<double> values(size);
  std::vector<uint64_t> present(size / 64 + 1);
  std::vector<SampleRecord> expected;
  for (size_t i = 0; i < size; ++i) {
    refs[i] = static_cast<Ref>(random() >> (random() % 40));
    values[i] = std::bit_cast<double>(random());
    if (static_cast<int>(random() % 100) >= presence_percent) continue;
    present[i / 64] |= uint64_t{1} << (i % 64);
    expected.push_back({refs[i], 1'700'000'000'000, values[i]});
  }
  std::string record, wanted;
  const size_t count = EncodeRow(1'700'000'000'000, std::span<const Ref>(refs), values.data(),
                                 present.data(), record);
  ASSERT_EQ(count, expected.size());
  if (!expected.empty()) EncodeSamples(expected, wanted);
  ASSERT_EQ(record, wanted) << "size " << size << " seed " << seed;
}

TEST(RowRecordTest, IsTheSamplesRecordOfItsPresentSlots) {
  for (const size_t size : {0u, 1u, 63u, 64u, 65u, 128u, 1000u}) {
    for (const int presence_percent : {0, 1, 50, 100}) {
      CheckRow<uint32_t>(size, size + 1, presence_percent);
      CheckRow<uint64_t>(size, size + 2, presence_percent);
    }
  }
}

TEST(OtherRecordsTest, TombstonesRoundTrip) {
  const std::vector<TombstoneRecord> tombstones = {{5, -10, 20}, {5, 30, 40}, {6, 0, 1}};
  std::string record;
  EncodeTombstones(tombstones, record);
  std::vector<TombstoneRecord> decoded;
  ASSERT_TRUE(DecodeTombstones(record, decoded));
  ASSERT_EQ(decoded.size(), 3u);
  EXPECT_EQ(decoded[0].start_ms, -10);
  EXPECT_EQ(decoded[1].end_ms, 40);
  EXPECT_EQ(decoded[2].ref, 6u);
}

TEST(OtherRecordsTest, ExemplarsRoundTrip) {
  const std::vector<ExemplarRecord> exemplars = {{7, 1000, 0.5, Labels{{"trace_id", "abc"}}},
                                                 {3, 900, 1.5, Labels{}}};
  std::string record;
  EncodeExemplars(exemplars, record);
  std::vector<ExemplarRecord> decoded;
  ASSERT_TRUE(DecodeExemplars(record, decoded));
  ASSERT_EQ(decoded.size(), 2u);
  EXPECT_EQ(decoded[0].labels, exemplars[0].labels);
  EXPECT_EQ(decoded[1].ref, 3u);
  EXPECT_EQ(decoded[1].timestamp_ms, 900);
  EXPECT_EQ(decoded[1].value, 1.5);
}

TEST(OtherRecordsTest, MetadataRoundTripsAndUnknownFieldsAreSkipped) {
  std::string record;
  const MetadataRecord entry{300, {MetricType::kCounter, "Requests.", "seconds"}};
  EncodeMetadata({&entry, 1}, record);
  EXPECT_EQ(record.substr(0, 5), Bytes({6, 0xac, 2, 1, 2}));
  record += Bytes({9, 2, 3}) + "\3NEW\1x" + "\4HELP\1h" + "\4UNIT" + Bytes({0});
  std::vector<MetadataRecord> decoded;
  ASSERT_TRUE(DecodeMetadata(record, decoded));
  ASSERT_EQ(decoded.size(), 2u);
  EXPECT_EQ(decoded[0].metadata, entry.metadata);
  EXPECT_EQ(decoded[1].metadata, (MetricMetadata{MetricType::kGauge, "h", ""}));
}

/// One record of each type, with several entries.
std::vector<std::string> SomeRecords() {
  std::vector<std::string> records(5);
  BeginSeriesRecord(records[0]);
  AppendSeries(1, Labels{{"__name__", "up"}, {"job", "node"}}, records[0]);
  AppendSeries(2, Labels{{"__name__", "down"}}, records[0]);
  EncodeSamples(std::vector<SampleRecord>{{1, 1000, 1}, {2, 1000, 2}, {300, 9000, 3}}, records[1]);
  EncodeTombstones(std::vector<TombstoneRecord>{{1, 0, 1000}, {2, -5, 5}}, records[2]);
  EncodeExemplars(std::vector<ExemplarRecord>{{1, 5, 1, Labels{{"a", "b"}}}, {2, 6, 2, {}}},
                  records[3]);
  EncodeMetadata(std::vector<MetadataRecord>{{1, {MetricType::kGauge, "h", "u"}}, {2, {}}},
                 records[4]);
  return records;
}

Status DecodeAny(std::string_view record) {
  SeriesBatch series;
  std::vector<SampleRecord> samples;
  std::vector<TombstoneRecord> tombstones;
  std::vector<ExemplarRecord> exemplars;
  std::vector<MetadataRecord> metadata;
  switch (RecordTypeByte(record)) {
    case 1:
      return DecodeSeries(record, series);
    case 2:
      return DecodeSamples(record, samples);
    case 3:
      return DecodeTombstones(record, tombstones);
    case 4:
      return DecodeExemplars(record, exemplars);
    case 6:
      return DecodeMetadata(record, metadata);
    default:
      return Errorf(ErrorCode::kCorruption, "record of no known type");
  }
}

TEST(DecoderTest, TruncatedAtEveryByteIsCorruptionUnlessAnEntryEndsThere) {
  for (const std::string& record : SomeRecords()) {
    ASSERT_TRUE(DecodeAny(record));
    size_t accepted = 0;
    for (size_t size = 0; size < record.size(); ++size) {
      const Status status = DecodeAny(std::string_view(record).substr(0, size));
      if (status) {
        ++accepted;
      } else {
        EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
        EXPECT_FALSE(status.error().message().empty());
      }
    }
    EXPECT_LE(accepted, 4u) << static_cast<int>(record[0]);
  }
}

TEST(DecoderTest, ErrorsNameTheRecordAndTheByte) {
  std::string record;
  EncodeSamples(std::vector<SampleRecord>{{1, 1000, 1}, {2, 1000, 2}}, record);
  record.pop_back();
  std::vector<SampleRecord> decoded;
  const Status status = DecodeSamples(record, decoded);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "samples record, byte 27 of 36: entry is cut short or malformed");
  EXPECT_EQ(decoded.size(), 1u);
}

TEST(DecoderTest, WrongTypeIsRefused) {
  SeriesBatch batch;
  const Status status = DecodeSeries("\2", batch);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("wrong record type"));
}

TEST(DecoderTest, FlippedBitsNeverCrashOrGrowBeyondTheRecord) {
  std::mt19937_64 random(11);
  for (const std::string& record : SomeRecords()) {
    for (int i = 0; i < 20'000; ++i) {
      std::string damaged = record;
      for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
        damaged[1 + random() % (damaged.size() - 1)] ^= static_cast<char>(1 << random() % 8);
      }
      SeriesBatch series;
      if (RecordTypeByte(damaged) != 1) {
        (void)DecodeAny(damaged);
      } else if (DecodeSeries(damaged, series)) {
        for (const SeriesRecord& entry : series.series) EXPECT_LE(entry.labels().size(), 100u);
      }
    }
  }
}

}  // namespace
}  // namespace tocsin::tsdb

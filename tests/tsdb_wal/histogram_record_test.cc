#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "log_fixture.h"
#include "model/sample.h"
#include "tsdb/wal/checkpoint.h"
#include "tsdb/wal/record.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result.push_back(static_cast<char>(byte));
  return result;
}
std::string BE64(uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}
std::string Double(double value) { return BE64(std::bit_cast<uint64_t>(value)); }

Histogram Exponential() {
  Histogram histogram;
  histogram.counter_reset_hint = CounterResetHint::kNotReset;
  histogram.schema = 1;
  histogram.zero_threshold = 0.25;
  histogram.zero_count = 2;
  histogram.count = 200;
  histogram.sum = 18.5;
  histogram.positive_spans = {{0, 2}, {-1, 1}};
  histogram.positive_deltas = {100, -1, -64};
  histogram.negative_spans = {{3, 1}};
  histogram.negative_deltas = {64};
  return histogram;
}

Histogram Custom() {
  Histogram histogram;
  histogram.schema = FloatHistogram::kCustomBucketsSchema;
  histogram.count = 3;
  histogram.sum = 1;
  histogram.positive_spans = {{1, 1}};
  histogram.positive_deltas = {3};
  histogram.custom_values = {0.5, 2};
  return histogram;
}

const std::string kExponentialBytes = Bytes({2, 2}) + Double(0.25) + Bytes({2, 0xc8, 1}) +
                                      Double(18.5) + Bytes({2, 0, 2, 1, 1}) + Bytes({1, 6, 1}) +
                                      Bytes({3, 0xc8, 1, 1, 0x7f}) + Bytes({1, 0x80, 1});
const std::string kCustomBytes = Bytes({0, 0x69}) + Double(0) + Bytes({0, 3}) + Double(1) +
                                 Bytes({1, 2, 1, 0, 1, 6, 0, 2}) + Double(0.5) + Double(2);

// Worked by hand from tsdb/record/record.go, EncodeHistogram.
TEST(HistogramRecordTest, BytesAreThoseOfPrometheus) {
  const std::vector<HistogramRecord> histograms = {{10, 1000, 7, Custom()},
                                                   {9, 1064, 0, Exponential()}};
  std::string record;
  EXPECT_EQ(EncodeHistograms(RecordType::kHistogramSamples,
                             std::span<const HistogramRecord>(histograms), record),
            1u);
  EXPECT_EQ(record, Bytes({7}) + BE64(10) + BE64(1000) + Bytes({1, 0x80, 1}) + kExponentialBytes);
  record.clear();
  EXPECT_EQ(EncodeHistograms(RecordType::kCustomBucketsHistogramSamples,
                             std::span<const HistogramRecord>(histograms), record),
            1u);
  EXPECT_EQ(record, Bytes({9}) + BE64(10) + BE64(1000) + Bytes({0, 0}) + kCustomBytes);
  record.clear();
  EXPECT_EQ(EncodeHistograms(RecordType::kHistogramSamplesV2,
                             std::span<const HistogramRecord>(histograms), record),
            2u);
  EXPECT_EQ(record, Bytes({12, 20, 0xd0, 0x0f, 14}) + kCustomBytes + Bytes({1, 0x80, 1, 0}) +
                        kExponentialBytes);
}

TEST(HistogramRecordTest, FloatBytesAreThoseOfPrometheus) {
  const std::vector<FloatHistogramRecord> histograms = {{10, 1000, 0, ToFloat(Custom())}};
  std::string record;
  ASSERT_EQ(EncodeHistograms(RecordType::kCustomBucketsFloatHistogramSamples,
                             std::span<const FloatHistogramRecord>(histograms), record),
            1u);
  EXPECT_EQ(record, Bytes({10}) + BE64(10) + BE64(1000) + Bytes({0, 0, 0, 0x69}) + Double(0) +
                        Double(0) + Double(3) + Double(1) + Bytes({1, 2, 1, 0, 1}) + Double(3) +
                        Bytes({0, 2}) + Double(0.5) + Double(2));
}

TEST(HistogramRecordTest, NothingIsWrittenWhereNoneBelongs) {
  const std::vector<HistogramRecord> histograms = {{10, 1000, 7, Custom()}};
  std::string record = "kept";
  EXPECT_EQ(EncodeHistograms(RecordType::kHistogramSamples,
                             std::span<const HistogramRecord>(histograms), record),
            0u);
  EXPECT_EQ(
      EncodeHistograms(RecordType::kHistogramSamplesV2, std::span<const HistogramRecord>(), record),
      0u);
  EXPECT_EQ(record, "kept");
}

TEST(HistogramRecordTest, UnknownSchemasAreLeftOut) {
  Histogram future = Exponential();
  future.schema = 60;
  const std::vector<HistogramRecord> histograms = {{1, 1, 0, future}, {2, 2, 0, Exponential()}};
  for (const RecordType type : {RecordType::kHistogramSamples, RecordType::kHistogramSamplesV2}) {
    std::string record;
    EncodeHistograms(type, std::span<const HistogramRecord>(histograms), record);
    std::vector<HistogramRecord> decoded;
    ASSERT_TRUE(DecodeHistograms(record, decoded));
    ASSERT_EQ(decoded.size(), 1u);
    EXPECT_EQ(decoded[0].ref, 2u);
    EXPECT_EQ(decoded[0].timestamp_ms, 2);
    EXPECT_EQ(decoded[0].histogram.positive_deltas, Exponential().positive_deltas);
  }
}

// Worked by hand from tsdb/record/record.go, samplesV2.
TEST(SamplesV2RecordTest, BytesAreThoseOfPrometheus) {
  const std::vector<SampleRecord> samples = {{10, 1000, 1}, {9, 1064, 2}, {9, 1064, 3}, {9, 0, 4}};
  const std::vector<int64_t> starts = {900, 900, 0, 901};
  std::string record;
  EncodeSamplesV2(samples, starts, record);
  EXPECT_EQ(record, Bytes({11, 20, 0xd0, 0x0f, 0x88, 0x0e}) + Double(1) + Bytes({1, 0x80, 1, 1}) +
                        Double(2) + Bytes({0, 0x80, 1, 0}) + Double(3) +
                        Bytes({0, 0xcf, 0x0f, 2, 2}) + Double(4));
  std::vector<SampleRecord> decoded;
  std::vector<int64_t> decoded_starts;
  ASSERT_TRUE(DecodeSamplesV2(record, decoded, decoded_starts));
  EXPECT_EQ(decoded_starts, starts);
  ASSERT_EQ(decoded.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(decoded[i].ref, samples[i].ref);
    EXPECT_EQ(decoded[i].timestamp_ms, samples[i].timestamp_ms);
    EXPECT_EQ(decoded[i].value, samples[i].value);
  }
}

TEST(MmapMarkerRecordTest, BytesAreThoseOfPrometheus) {
  const MmapMarkerRecord marker{7, uint64_t{3} << 32 | 8};
  std::string record;
  EncodeMmapMarkers({&marker, 1}, record);
  EXPECT_EQ(record, Bytes({5}) + BE64(7) + BE64(uint64_t{3} << 32 | 8));
}

/// One record of each type that holds samples or markers, of series 1 and 2 at 10 and 20.
std::vector<std::string> EveryKind() {
  std::vector<std::string> records(8);
  const std::vector<HistogramRecord> integers = {{1, 10, 5, Exponential()},
                                                 {2, 20, 5, Exponential()}};
  const std::vector<HistogramRecord> custom = {{1, 10, 5, Custom()}, {2, 20, 5, Custom()}};
  std::vector<FloatHistogramRecord> floats;
  std::vector<FloatHistogramRecord> custom_floats;
  for (const auto& entry : integers) {
    floats.push_back({entry.ref, entry.timestamp_ms, 5, ToFloat(entry.histogram)});
    custom_floats.push_back({entry.ref, entry.timestamp_ms, 5, ToFloat(Custom())});
  }
  EncodeHistograms(RecordType::kHistogramSamples, std::span<const HistogramRecord>(integers),
                   records[0]);
  EncodeHistograms(RecordType::kCustomBucketsHistogramSamples,
                   std::span<const HistogramRecord>(custom), records[1]);
  EncodeHistograms(RecordType::kHistogramSamplesV2, std::span<const HistogramRecord>(integers),
                   records[2]);
  EncodeHistograms(RecordType::kFloatHistogramSamples,
                   std::span<const FloatHistogramRecord>(floats), records[3]);
  EncodeHistograms(RecordType::kCustomBucketsFloatHistogramSamples,
                   std::span<const FloatHistogramRecord>(custom_floats), records[4]);
  EncodeHistograms(RecordType::kFloatHistogramSamplesV2,
                   std::span<const FloatHistogramRecord>(floats), records[5]);
  EncodeSamplesV2(std::vector<SampleRecord>{{1, 10, 1}, {2, 20, 2}}, std::vector<int64_t>{5, 6},
                  records[6]);
  EncodeMmapMarkers(std::vector<MmapMarkerRecord>{{1, 100}, {2, 200}}, records[7]);
  return records;
}

TEST(HistogramRecordTest, EveryRecordCutShortIsFound) {
  for (const std::string& record : EveryKind()) {
    const bool has_entries_alone = RecordTypeByte(record) == 5;
    for (size_t size = 0; size < record.size(); ++size) {
      const std::string_view cut = std::string_view(record).substr(0, size);
      std::vector<HistogramRecord> integers;
      std::vector<FloatHistogramRecord> floats;
      std::vector<SampleRecord> samples;
      std::vector<int64_t> starts;
      std::vector<MmapMarkerRecord> markers;
      size_t found = 0;
      int readers = 0;
      if (DecodeHistograms(cut, integers)) found += integers.size(), ++readers;
      if (DecodeHistograms(cut, floats)) found += floats.size(), ++readers;
      if (DecodeSamplesV2(cut, samples, starts)) found += samples.size(), ++readers;
      if (DecodeMmapMarkers(cut, markers)) found += markers.size(), ++readers;
      EXPECT_LE(readers, 1);
      // Whole entries may stay; more than there were, or pieces, never.
      EXPECT_LE(found, 1u) << int{RecordTypeByte(record)} << " at " << size;
      if (has_entries_alone && size % 16 != 1) {
        EXPECT_EQ(found, 0u);
      }
    }
  }
}

TEST(HistogramReplayTest, EveryKindReachesTheVisitor) {
  FaultyFs fs;
  Surroundings surroundings;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, EveryKind()));
  auto wal = *Wal::Open(surroundings.With(fs), "/wal");
  CollectingVisitor visitor;
  const auto report = wal->Replay(visitor);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->histograms, 12u);
  EXPECT_EQ(report->samples, 2u);
  EXPECT_THAT(report->skipped_records, IsEmpty());
  EXPECT_EQ(visitor.histograms.size(), 6u);
  EXPECT_EQ(visitor.float_histograms.size(), 6u);
  EXPECT_EQ(visitor.histograms[4].start_timestamp_ms, 5);
  EXPECT_EQ(visitor.float_histograms[2].histogram.custom_values, Custom().custom_values);
  EXPECT_THAT(visitor.starts_ms, ElementsAre(5, 6));
  ASSERT_EQ(visitor.markers.size(), 2u);
  EXPECT_EQ(visitor.markers[1].chunk_ref, 200u);
}

TEST(HistogramCheckpointTest, KeepsWhatIsNotTooOldOfEveryKind) {
  FaultyFs fs;
  Surroundings surroundings;
  ASSERT_TRUE(WriteSegment(fs, "/wal", 0, EveryKind()));
  CheckpointRequest request;
  request.directory = "/wal";
  request.min_time_ms = 15;
  request.keep_series = [](uint64_t ref) { return ref == 2; };
  const auto report = WriteCheckpoint(fs, request);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->total_samples, 14u);
  EXPECT_EQ(report->dropped_samples, 7u);
  EXPECT_EQ(report->copied_unknown_records, 0u);
  ASSERT_TRUE(RemoveSegmentsUpTo(fs, "/wal", 0));
  auto wal = *Wal::Open(surroundings.With(fs), "/wal");
  CollectingVisitor visitor;
  ASSERT_TRUE(wal->Replay(visitor));
  ASSERT_EQ(visitor.histograms.size(), 3u);
  ASSERT_EQ(visitor.float_histograms.size(), 3u);
  for (const auto& entry : visitor.histograms) EXPECT_EQ(entry.timestamp_ms, 20);
  for (const auto& entry : visitor.float_histograms) EXPECT_EQ(entry.ref, 2u);
  EXPECT_EQ(visitor.histograms[1].histogram.custom_values, Custom().custom_values);
  EXPECT_EQ(visitor.histograms[2].start_timestamp_ms, 5);
  EXPECT_THAT(visitor.starts_ms, ElementsAre(6));
  EXPECT_EQ(visitor.markers.size(), 1u);
}

TEST(OutOfOrderLogTest, IsShortenedBySegmentAndHasMetricsOfItsOwn) {
  FaultyFs fs;
  Surroundings surroundings;
  auto wal = *Wal::Open(surroundings.With(fs), "/data/wal");
  auto wbl = *Wal::Open(surroundings.With(fs), "/data/wbl");
  ASSERT_TRUE(wbl->Log(SampleRecordOf(1, 1)));
  ASSERT_TRUE(wbl->Log(SampleRecordOf(2, 2)));
  const auto second = wbl->Cut();
  ASSERT_TRUE(second);
  ASSERT_TRUE(wbl->Log(SampleRecordOf(3, 3)));
  ASSERT_TRUE(wbl->RemoveBefore(*second));
  ASSERT_TRUE(wbl->RemoveBefore(1000));  // Never the current one.
  ASSERT_TRUE(wbl->Log(SampleRecordOf(4, 4)));
  ASSERT_TRUE(wbl->Close());
  wbl = *Wal::Open(surroundings.With(fs), "/data/wbl");
  CollectingVisitor visitor;
  ASSERT_TRUE(wbl->Replay(visitor));
  EXPECT_THAT(visitor.values(), ElementsAre(3, 4));
  EXPECT_FALSE(fs.Exists("/data/wbl/checkpoint.00000000"));
}

}  // namespace
}  // namespace tocsin::tsdb

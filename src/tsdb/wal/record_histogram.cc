// Records of native histograms:
//
//   V1        := type(1) first_ref(BE64) first_time(BE64) { ref - first_ref(varint)
//                time - first_time(varint) histogram }
//   V2        := type(1) { where histogram }                       where: see docs/formats/wal.md
//   histogram := hint(1) schema(varint) zero_threshold(8) zero_count(uvarint) count(uvarint) sum(8)
//                spans(positive) spans(negative) buckets(positive) buckets(negative) [bounds]
//   spans     := count(uvarint) { offset(varint) length(uvarint) }
//   buckets   := count(uvarint) { varint }             of float histograms, as both counts: 8 bytes
//   bounds    := count(uvarint) { 8 bytes }            custom buckets only
#include <bit>
#include <type_traits>

#include "tsdb/wal/record.h"
#include "tsdb/wal/record_reader.h"
#include "tsdb/wal/record_writer.h"

namespace tocsin::tsdb {
namespace {

using internal::Difference;
using internal::RecordReader;
using internal::Sum;

void PutDouble(std::string& out, double value) { PutBE64(out, std::bit_cast<uint64_t>(value)); }
double ReadDouble(ByteReader& in) { return std::bit_cast<double>(in.ReadBE64()); }

void Put(std::string& out, const std::vector<HistogramSpan>& spans) {
  PutUvarint(out, spans.size());
  for (const HistogramSpan& span : spans) {
    PutVarint(out, span.offset);
    PutUvarint(out, span.length);
  }
}
void Put(std::string& out, const std::vector<int64_t>& deltas) {
  PutUvarint(out, deltas.size());
  for (const int64_t delta : deltas) PutVarint(out, delta);
}
void Put(std::string& out, const std::vector<double>& numbers) {
  PutUvarint(out, numbers.size());
  for (const double number : numbers) PutDouble(out, number);
}

/// The length of a list, refused when there are not `min_bytes` left for each entry.
size_t ReadLength(RecordReader& record, size_t min_bytes) {
  const uint64_t length = record.bytes().ReadUvarint();
  if (length <= record.bytes().remaining() / min_bytes) return length;
  record.Fail("histogram with more entries than bytes");
  return 0;
}

void Read(RecordReader& record, std::vector<HistogramSpan>& spans) {
  spans.resize(ReadLength(record, 2));
  for (HistogramSpan& span : spans) {
    span.offset = static_cast<int32_t>(record.bytes().ReadVarint());
    span.length = static_cast<uint32_t>(record.bytes().ReadUvarint());
  }
}
void Read(RecordReader& record, std::vector<int64_t>& deltas) {
  deltas.resize(ReadLength(record, 1));
  for (int64_t& delta : deltas) delta = record.bytes().ReadVarint();
}
void Read(RecordReader& record, std::vector<double>& numbers) {
  numbers.resize(ReadLength(record, sizeof(double)));
  for (double& number : numbers) number = ReadDouble(record.bytes());
}

void PutCount(std::string& out, uint64_t count) { PutUvarint(out, count); }
void PutCount(std::string& out, double count) { PutDouble(out, count); }
void ReadCount(ByteReader& in, uint64_t& count) { count = in.ReadUvarint(); }
void ReadCount(ByteReader& in, double& count) { count = ReadDouble(in); }

template <typename H>
auto& PositiveOf(H& histogram) {
  if constexpr (std::is_same_v<std::remove_const_t<H>, Histogram>) {
    return histogram.positive_deltas;
  } else {
    return histogram.positive_buckets;
  }
}
template <typename H>
auto& NegativeOf(H& histogram) {
  if constexpr (std::is_same_v<std::remove_const_t<H>, Histogram>) {
    return histogram.negative_deltas;
  } else {
    return histogram.negative_buckets;
  }
}

template <typename H>
void PutHistogram(std::string& out, const H& histogram) {
  out.push_back(static_cast<char>(histogram.counter_reset_hint));
  PutVarint(out, histogram.schema);
  PutDouble(out, histogram.zero_threshold);
  PutCount(out, histogram.zero_count);
  PutCount(out, histogram.count);
  PutDouble(out, histogram.sum);
  Put(out, histogram.positive_spans);
  Put(out, histogram.negative_spans);
  Put(out, PositiveOf(histogram));
  Put(out, NegativeOf(histogram));
  if (IsCustomBucketsSchema(histogram.schema)) Put(out, histogram.custom_values);
}

template <typename H>
void ReadHistogram(RecordReader& record, H& histogram) {
  ByteReader& bytes = record.bytes();
  const uint8_t hint = bytes.ReadByte();
  if (hint <= static_cast<uint8_t>(CounterResetHint::kGauge)) {
    histogram.counter_reset_hint = static_cast<CounterResetHint>(hint);
  }
  histogram.schema = static_cast<int32_t>(bytes.ReadVarint());
  histogram.zero_threshold = ReadDouble(bytes);
  ReadCount(bytes, histogram.zero_count);
  ReadCount(bytes, histogram.count);
  histogram.sum = ReadDouble(bytes);
  Read(record, histogram.positive_spans);
  Read(record, histogram.negative_spans);
  Read(record, PositiveOf(histogram));
  Read(record, NegativeOf(histogram));
  if (IsCustomBucketsSchema(histogram.schema)) Read(record, histogram.custom_values);
}

bool IsV2(RecordType type) {
  return type == RecordType::kHistogramSamplesV2 || type == RecordType::kFloatHistogramSamplesV2;
}
bool IsCustom(RecordType type) {
  return type == RecordType::kCustomBucketsHistogramSamples ||
         type == RecordType::kCustomBucketsFloatHistogramSamples;
}

template <typename Entry>
void EncodeV2(std::span<const Entry> entries, std::string& out) {
  internal::V2Writer writer;
  for (const Entry& entry : entries) {
    writer.Put(entry.ref, entry.timestamp_ms, entry.start_timestamp_ms, out);
    PutHistogram(out, entry.histogram);
  }
}

template <typename Entry>
size_t EncodeV1(std::span<const Entry> entries, bool is_custom, std::string& out) {
  // Upstream's base of an exponential record is the first of all, be it in the record or not.
  const Entry* first = is_custom ? nullptr : &entries.front();
  size_t count = 0;
  for (const Entry& entry : entries) {
    if (IsCustomBucketsSchema(entry.histogram.schema) != is_custom) continue;
    if (first == nullptr) first = &entry;
    if (count++ == 0) {
      PutBE64(out, first->ref);
      PutBE64(out, static_cast<uint64_t>(first->timestamp_ms));
    }
    PutVarint(out, Difference(entry.ref, first->ref));
    PutVarint(out, Difference(entry.timestamp_ms, first->timestamp_ms));
    PutHistogram(out, entry.histogram);
  }
  return count;
}

template <typename Entry>
size_t Encode(RecordType type, std::span<const Entry> entries, std::string& out) {
  if (entries.empty()) return 0;
  const size_t begin = out.size();
  out.push_back(static_cast<char>(type));
  if (IsV2(type)) {
    EncodeV2(entries, out);
    return entries.size();
  }
  const size_t count = EncodeV1(entries, IsCustom(type), out);
  if (count == 0) out.resize(begin);
  return count;
}

/// Takes the entry that was just read, unless nobody could say what its buckets are.
template <typename Entry>
void Keep(const RecordReader& record, Entry& entry, std::vector<Entry>& out) {
  if (record.ok() && IsKnownSchema(entry.histogram.schema)) out.push_back(std::move(entry));
}

template <typename Entry>
void DecodeV1(RecordReader& record, std::vector<Entry>& out) {
  if (!record.more()) return;
  ByteReader& bytes = record.bytes();
  const uint64_t first_ref = bytes.ReadBE64();
  const auto first_timestamp_ms = static_cast<int64_t>(bytes.ReadBE64());
  while (record.more()) {
    record.BeginEntry();
    Entry entry;
    entry.ref = Sum(first_ref, bytes.ReadVarint());
    entry.timestamp_ms = Sum(first_timestamp_ms, bytes.ReadVarint());
    ReadHistogram(record, entry.histogram);
    Keep(record, entry, out);
  }
}

template <typename Entry>
void DecodeV2(RecordReader& record, std::vector<Entry>& out) {
  internal::V2Cursor cursor;
  while (record.more()) {
    record.BeginEntry();
    cursor.Read(record.bytes());
    Entry entry;
    entry.ref = cursor.ref;
    entry.timestamp_ms = cursor.timestamp_ms;
    entry.start_timestamp_ms = cursor.start_ms;
    ReadHistogram(record, entry.histogram);
    Keep(record, entry, out);
  }
}

template <typename Entry>
Status Decode(std::string_view record, std::initializer_list<RecordType> types,
              std::vector<Entry>& out) {
  out.clear();
  RecordReader reader("histograms", record);
  const auto type = static_cast<RecordType>(RecordTypeByte(record));
  bool is_known = false;
  for (const RecordType known : types) is_known = is_known || type == known;
  if (!is_known) {
    reader.Fail("wrong record type");
  } else if (IsV2(type)) {
    DecodeV2(reader, out);
  } else {
    DecodeV1(reader, out);
  }
  return reader.status();
}

}  // namespace

size_t EncodeHistograms(RecordType type, std::span<const HistogramRecord> histograms,
                        std::string& out) {
  return Encode(type, histograms, out);
}

size_t EncodeHistograms(RecordType type, std::span<const FloatHistogramRecord> histograms,
                        std::string& out) {
  return Encode(type, histograms, out);
}

Status DecodeHistograms(std::string_view record, std::vector<HistogramRecord>& out) {
  return Decode(record,
                {RecordType::kHistogramSamples, RecordType::kCustomBucketsHistogramSamples,
                 RecordType::kHistogramSamplesV2},
                out);
}

Status DecodeHistograms(std::string_view record, std::vector<FloatHistogramRecord>& out) {
  return Decode(
      record,
      {RecordType::kFloatHistogramSamples, RecordType::kCustomBucketsFloatHistogramSamples,
       RecordType::kFloatHistogramSamplesV2},
      out);
}

}  // namespace tocsin::tsdb

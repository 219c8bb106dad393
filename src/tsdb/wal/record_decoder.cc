// Decoders of records; the grammar stands atop record.cc. What bounds memory: a sample takes at
// least ten bytes of its record, a label at least two, so vectors are reserved from the bytes that
// are there.
#include <bit>
#include <cstring>
#include <utility>

#include "tsdb/wal/record.h"
#include "tsdb/wal/record_reader.h"

namespace tocsin::tsdb {
namespace {

using internal::RecordReader;
using internal::Sum;

// A name or value of Labels is below 16 MiB.
constexpr uint64_t kMaxLabelBytes = (uint64_t{1} << 24) - 1;

void AppendLabelBytes(std::string& out, std::string_view text) {
  // AppendLabelString's encoding, inlined: half the time of a replay of series is spent here.
  if (text.size() < 255) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    const char size[4] = {static_cast<char>(0xff), static_cast<char>(text.size()),
                          static_cast<char>(text.size() >> 8),
                          static_cast<char>(text.size() >> 16)};
    out.append(size, sizeof(size));
  }
  out.append(text);
}

/// Appends a label set in the encoding of Labels. What is not sorted or has empty values, which
/// nobody writes, is put right: two spellings of one set must not become two series.
void ReadLabels(RecordReader& record, std::string& out) {
  ByteReader& bytes = record.bytes();
  const size_t begin = out.size();
  const uint64_t count = bytes.ReadUvarint();
  bool is_canonical = true;
  std::string_view previous;
  for (uint64_t i = 0; i < count && record.ok(); ++i) {
    const std::string_view name = bytes.ReadUvarintBytes();
    const std::string_view value = bytes.ReadUvarintBytes();
    if (bytes.failed()) return;
    if (name.size() > kMaxLabelBytes || value.size() > kMaxLabelBytes) {
      return record.Fail("label of 16 MiB or more");
    }
    if ((i > 0 && name <= previous) || value.empty()) is_canonical = false;
    previous = name;
    AppendLabelBytes(out, name);
    AppendLabelBytes(out, value);
  }
  if (is_canonical || !record.ok()) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const LabelView label : Labels::FromEncoded(out.substr(begin))) {
    pairs.emplace_back(label.name, label.value);
  }
  out.replace(begin, std::string::npos, Labels::FromPairs(std::move(pairs)).bytes());
}

/// What the label bytes of a record of this size can at most take: four bytes for a length of two.
size_t MaxLabelBytes(size_t record_size) { return record_size + record_size / 64 + 16; }

/// Reads a varint at `p`, where there are at least ten bytes; nullptr if it is malformed.
const char* ReadVarintAt(const char* p, int64_t& value) {
  uint64_t raw = static_cast<uint8_t>(*p++);
  if (raw >= 0x80) [[unlikely]] {
    raw &= 0x7f;
    for (int shift = 7;; shift += 7) {
      const auto byte = static_cast<uint8_t>(*p++);
      if (shift == 63 && byte > 1) return nullptr;
      raw |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
  }
  value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  return p;
}

/// Decodes samples for as long as the longest possible one would fit, so that no byte needs a check
/// of its own. Returns how many bytes are behind; the rest, and what is malformed, is for the
/// careful loop.
size_t DecodeUnchecked(std::string_view bytes, uint64_t first_ref, int64_t first_timestamp_ms,
                       std::vector<SampleRecord>& out) {
  constexpr size_t kMaxEntryBytes = 28;
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  while (static_cast<size_t>(end - p) >= kMaxEntryBytes) {
    int64_t ref_delta = 0;
    int64_t time_delta_ms = 0;
    const char* next = ReadVarintAt(p, ref_delta);
    if (next != nullptr) next = ReadVarintAt(next, time_delta_ms);
    if (next == nullptr) break;
    uint64_t bits;
    std::memcpy(&bits, next, sizeof(bits));
    if constexpr (std::endian::native == std::endian::little) bits = __builtin_bswap64(bits);
    p = next + sizeof(bits);
    out.push_back({Sum(first_ref, ref_delta), Sum(first_timestamp_ms, time_delta_ms),
                   std::bit_cast<double>(bits)});
  }
  return static_cast<size_t>(p - bytes.data());
}

}  // namespace

Status DecodeSeries(std::string_view record, SeriesBatch& out) {
  constexpr size_t kMinEntryBytes = 9;
  out.series.clear();
  out.label_bytes.clear();
  out.label_bytes.reserve(MaxLabelBytes(record.size()));  // The views must not move.
  out.series.reserve(record.size() / (4 * kMinEntryBytes));
  RecordReader reader("series", RecordType::kSeries, record);
  while (reader.more()) {
    reader.BeginEntry();
    const uint64_t ref = reader.bytes().ReadBE64();
    const size_t begin = out.label_bytes.size();
    ReadLabels(reader, out.label_bytes);
    if (!reader.ok()) break;
    out.series.push_back({ref, std::string_view(out.label_bytes).substr(begin)});
  }
  return reader.status();
}

Status DecodeSamples(std::string_view record, std::vector<SampleRecord>& out) {
  constexpr size_t kMinEntryBytes = 10;
  out.clear();
  RecordReader reader("samples", RecordType::kSamples, record);
  if (!reader.more()) return reader.status();
  ByteReader& bytes = reader.bytes();
  const uint64_t first_ref = bytes.ReadBE64();
  const auto first_timestamp_ms = static_cast<int64_t>(bytes.ReadBE64());
  out.reserve(bytes.remaining() / kMinEntryBytes);
  bytes.ReadBytes(DecodeUnchecked(bytes.rest(), first_ref, first_timestamp_ms, out));
  while (reader.more()) {
    reader.BeginEntry();
    const int64_t ref_delta = bytes.ReadVarint();
    const int64_t time_delta_ms = bytes.ReadVarint();
    const auto value = std::bit_cast<double>(bytes.ReadBE64());
    if (bytes.failed()) break;
    out.push_back({Sum(first_ref, ref_delta), Sum(first_timestamp_ms, time_delta_ms), value});
  }
  return reader.status();
}

Status DecodeTombstones(std::string_view record, std::vector<TombstoneRecord>& out) {
  out.clear();
  RecordReader reader("tombstones", RecordType::kTombstones, record);
  while (reader.more()) {
    reader.BeginEntry();
    TombstoneRecord entry;
    entry.ref = reader.bytes().ReadBE64();
    entry.start_ms = reader.bytes().ReadVarint();
    entry.end_ms = reader.bytes().ReadVarint();
    if (reader.ok()) out.push_back(entry);
  }
  return reader.status();
}

Status DecodeExemplars(std::string_view record, std::vector<ExemplarRecord>& out) {
  out.clear();
  RecordReader reader("exemplars", RecordType::kExemplars, record);
  if (!reader.more()) return reader.status();
  ByteReader& bytes = reader.bytes();
  const uint64_t first_ref = bytes.ReadBE64();
  const auto first_timestamp_ms = static_cast<int64_t>(bytes.ReadBE64());
  while (reader.more()) {
    reader.BeginEntry();
    ExemplarRecord entry;
    entry.ref = Sum(first_ref, bytes.ReadVarint());
    entry.timestamp_ms = Sum(first_timestamp_ms, bytes.ReadVarint());
    entry.value = std::bit_cast<double>(bytes.ReadBE64());
    std::string label_bytes;
    ReadLabels(reader, label_bytes);
    if (!reader.ok()) break;
    entry.labels = Labels::FromEncoded(std::move(label_bytes));
    out.push_back(std::move(entry));
  }
  return reader.status();
}

Status DecodeMetadata(std::string_view record, std::vector<MetadataRecord>& out) {
  out.clear();
  RecordReader reader("metadata", RecordType::kMetadata, record);
  ByteReader& bytes = reader.bytes();
  while (reader.more()) {
    reader.BeginEntry();
    MetadataRecord entry;
    entry.ref = bytes.ReadUvarint();
    const uint8_t type = bytes.ReadByte();
    if (type <= static_cast<uint8_t>(MetricType::kStateset)) {
      entry.metadata.type = static_cast<MetricType>(type);
    }
    const uint64_t field_count = bytes.ReadUvarint();
    for (uint64_t i = 0; i < field_count && !bytes.failed(); ++i) {
      const std::string_view name = bytes.ReadUvarintBytes();
      const std::string_view value = bytes.ReadUvarintBytes();
      if (name == "UNIT") entry.metadata.unit = value;
      if (name == "HELP") entry.metadata.help = value;
    }
    if (reader.ok()) out.push_back(std::move(entry));
  }
  return reader.status();
}

Status DecodeMmapMarkers(std::string_view record, std::vector<MmapMarkerRecord>& out) {
  out.clear();
  RecordReader reader("mmap markers", RecordType::kMmapMarkers, record);
  while (reader.more()) {
    reader.BeginEntry();
    MmapMarkerRecord entry;
    entry.ref = reader.bytes().ReadBE64();
    entry.chunk_ref = reader.bytes().ReadBE64();
    if (reader.ok()) out.push_back(entry);
  }
  return reader.status();
}

Status DecodeSamplesV2(std::string_view record, std::vector<SampleRecord>& out,
                       std::vector<int64_t>& start_timestamps_ms) {
  constexpr size_t kMinEntryBytes = 11;
  out.clear();
  start_timestamps_ms.clear();
  RecordReader reader("samples", RecordType::kSamplesV2, record);
  out.reserve(record.size() / kMinEntryBytes);
  start_timestamps_ms.reserve(record.size() / kMinEntryBytes);
  internal::V2Cursor cursor;
  while (reader.more()) {
    reader.BeginEntry();
    cursor.Read(reader.bytes());
    const auto value = std::bit_cast<double>(reader.bytes().ReadBE64());
    if (!reader.ok()) break;
    out.push_back({cursor.ref, cursor.timestamp_ms, value});
    start_timestamps_ms.push_back(cursor.start_ms);
  }
  return reader.status();
}

}  // namespace tocsin::tsdb

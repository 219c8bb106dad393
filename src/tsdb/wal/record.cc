// Encoders of records. docs/formats/wal.md draws the bytes; all follow one pattern:
//
//   record  := type(1 byte) body
//   series  := { ref(BE64) count(uvarint) { string(name) string(value) } }
//   samples := first_ref(BE64) first_time(BE64) { ref - first_ref(varint) time - first_time(varint)
//              value(BE64, IEEE 754 bits) }
//   string  := length(uvarint) bytes
//
// Deltas are against the first sample, which is therefore written as 0 0 value.
#include "tsdb/wal/record.h"

#include <bit>
#include <cstring>

#include "base/varint.h"
#include "tsdb/wal/record_writer.h"

namespace tocsin::tsdb {
namespace {

using internal::Difference;

constexpr std::string_view kUnitField = "UNIT";
constexpr std::string_view kHelpField = "HELP";

void PutType(RecordType type, std::string& out) { out.push_back(static_cast<char>(type)); }

void PutString(std::string_view text, std::string& out) {
  PutUvarint(out, text.size());
  out.append(text);
}

void PutLabels(const Labels& labels, std::string& out) {
  PutUvarint(out, labels.size());
  for (const LabelView label : labels) {
    PutString(label.name, out);
    PutString(label.value, out);
  }
}

constexpr size_t kMaxVarintBytes = 10;
constexpr size_t kMaxSampleBytes = 2 * kMaxVarintBytes + sizeof(uint64_t);

char* WriteVarint(int64_t value, char* p) {
  uint64_t rest = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (rest >= 0x80) {
    *p++ = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  *p++ = static_cast<char>(rest);
  return p;
}

char* WriteDouble(double value, char* p) {
  auto bits = std::bit_cast<uint64_t>(value);
  if constexpr (std::endian::native == std::endian::little) bits = __builtin_bswap64(bits);
  std::memcpy(p, &bits, sizeof(bits));
  return p + sizeof(bits);
}

void BeginSamples(uint64_t first_ref, int64_t first_timestamp_ms, std::string& out) {
  PutType(RecordType::kSamples, out);
  PutBE64(out, first_ref);
  PutBE64(out, static_cast<uint64_t>(first_timestamp_ms));
}

/// The index of the first set bit, or `size` when all are clear.
size_t FirstPresent(const uint64_t* present, size_t size) {
  for (size_t word = 0; word * 64 < size; ++word) {
    if (present[word] != 0) return word * 64 + static_cast<size_t>(std::countr_zero(present[word]));
  }
  return size;
}

template <typename Ref>
size_t EncodeRowOf(int64_t timestamp_ms, std::span<const Ref> refs, const double* values,
                   const uint64_t* present, std::string& out) {
  const size_t first = FirstPresent(present, refs.size());
  if (first == refs.size()) return 0;
  const uint64_t first_ref = refs[first];
  BeginSamples(first_ref, timestamp_ms, out);
  size_t count = 0;
  // One word of the bitmap at a time into a buffer that stays in the L1 cache: growing `out` to the
  // worst case instead would write it twice.
  char samples[64 * kMaxSampleBytes];
  for (size_t word = first / 64; word * 64 < refs.size(); ++word) {
    char* p = samples;
    for (uint64_t bits = present[word]; bits != 0; bits &= bits - 1) {
      const size_t slot = word * 64 + static_cast<size_t>(std::countr_zero(bits));
      p = WriteVarint(Difference(uint64_t{refs[slot]}, first_ref), p);
      *p++ = 0;  // The time delta.
      p = WriteDouble(values[slot], p);
    }
    count += static_cast<size_t>(std::popcount(present[word]));
    out.append(samples, static_cast<size_t>(p - samples));
  }
  return count;
}

}  // namespace

uint8_t RecordTypeByte(std::string_view record) {
  return record.empty() ? 0 : static_cast<uint8_t>(record.front());
}

void BeginSeriesRecord(std::string& out) { PutType(RecordType::kSeries, out); }

void AppendSeries(uint64_t ref, const Labels& labels, std::string& out) {
  PutBE64(out, ref);
  PutLabels(labels, out);
}

void EncodeSamples(std::span<const SampleRecord> samples, std::string& out) {
  if (samples.empty()) return PutType(RecordType::kSamples, out);
  const SampleRecord& first = samples.front();
  BeginSamples(first.ref, first.timestamp_ms, out);
  for (const SampleRecord& sample : samples) {
    char bytes[kMaxSampleBytes];
    char* p = WriteVarint(Difference(sample.ref, first.ref), bytes);
    p = WriteVarint(Difference(sample.timestamp_ms, first.timestamp_ms), p);
    p = WriteDouble(sample.value, p);
    out.append(bytes, static_cast<size_t>(p - bytes));
  }
}

size_t EncodeRow(int64_t timestamp_ms, std::span<const uint32_t> refs, const double* values,
                 const uint64_t* present, std::string& out) {
  return EncodeRowOf(timestamp_ms, refs, values, present, out);
}

size_t EncodeRow(int64_t timestamp_ms, std::span<const uint64_t> refs, const double* values,
                 const uint64_t* present, std::string& out) {
  return EncodeRowOf(timestamp_ms, refs, values, present, out);
}

void EncodeTombstones(std::span<const TombstoneRecord> tombstones, std::string& out) {
  PutType(RecordType::kTombstones, out);
  for (const TombstoneRecord& tombstone : tombstones) {
    PutBE64(out, tombstone.ref);
    PutVarint(out, tombstone.start_ms);
    PutVarint(out, tombstone.end_ms);
  }
}

void EncodeExemplars(std::span<const ExemplarRecord> exemplars, std::string& out) {
  PutType(RecordType::kExemplars, out);
  if (exemplars.empty()) return;
  const ExemplarRecord& first = exemplars.front();
  PutBE64(out, first.ref);
  PutBE64(out, static_cast<uint64_t>(first.timestamp_ms));
  for (const ExemplarRecord& exemplar : exemplars) {
    PutVarint(out, Difference(exemplar.ref, first.ref));
    PutVarint(out, Difference(exemplar.timestamp_ms, first.timestamp_ms));
    PutBE64(out, std::bit_cast<uint64_t>(exemplar.value));
    PutLabels(exemplar.labels, out);
  }
}

void EncodeMetadata(std::span<const MetadataRecord> metadata, std::string& out) {
  PutType(RecordType::kMetadata, out);
  for (const MetadataRecord& entry : metadata) {
    constexpr uint64_t kFields = 2;
    PutUvarint(out, entry.ref);
    out.push_back(static_cast<char>(entry.metadata.type));
    PutUvarint(out, kFields);
    PutString(kUnitField, out);
    PutString(entry.metadata.unit, out);
    PutString(kHelpField, out);
    PutString(entry.metadata.help, out);
  }
}

void EncodeMmapMarkers(std::span<const MmapMarkerRecord> markers, std::string& out) {
  PutType(RecordType::kMmapMarkers, out);
  for (const MmapMarkerRecord& marker : markers) {
    PutBE64(out, marker.ref);
    PutBE64(out, marker.chunk_ref);
  }
}

void EncodeSamplesV2(std::span<const SampleRecord> samples,
                     std::span<const int64_t> start_timestamps_ms, std::string& out) {
  PutType(RecordType::kSamplesV2, out);
  internal::V2Writer writer;
  for (size_t i = 0; i < samples.size(); ++i) {
    writer.Put(samples[i].ref, samples[i].timestamp_ms, start_timestamps_ms[i], out);
    PutBE64(out, std::bit_cast<uint64_t>(samples[i].value));
  }
}

}  // namespace tocsin::tsdb

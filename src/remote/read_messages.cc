#include "remote/read_messages.h"

#include <protozero/pbf_writer.hpp>

#include "base/crc32c.h"
#include "base/varint.h"
#include "remote/histogram_message.h"

// message TimeSeries: 1 labels Label*, 2 samples Sample*, 4 histograms Histogram*
// message Label: 1 name string, 2 value string
// message Sample: 1 value double, 2 timestamp int64
// message ChunkedReadResponse: 1 chunked_series ChunkedSeries*, 2 query_index int64
// message ChunkedSeries: 1 labels Label*, 2 chunks Chunk*
// message Chunk: 1 min_time_ms int64, 2 max_time_ms int64, 3 type enum, 4 data bytes

namespace tocsin::remote {
namespace {

void WriteLabels(protozero::pbf_writer& writer, std::span<const LabelView> labels) {
  for (const LabelView& label : labels) {
    protozero::pbf_writer message(writer, 1);
    message.add_string(1, label.name.data(), label.name.size());
    if (!label.value.empty()) message.add_string(2, label.value.data(), label.value.size());
  }
}

std::string EncodeChunk(const storage::EncodedChunk& chunk) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  if (chunk.min_time_ms != 0) writer.add_int64(1, chunk.min_time_ms);
  if (chunk.max_time_ms != 0) writer.add_int64(2, chunk.max_time_ms);
  writer.add_enum(3, chunk.encoding);
  writer.add_bytes(4, chunk.bytes);
  return bytes;
}

void AppendFrame(std::string_view series, int64_t query_index, std::string& out) {
  std::string message;
  {
    protozero::pbf_writer writer(message);
    writer.add_message(1, series.data(), series.size());
    if (query_index != 0) writer.add_int64(2, query_index);
  }
  PutUvarint(out, message.size());
  PutBE32(out, Crc32c(message));
  out.append(message);
}

}  // namespace

std::vector<LabelView> MergeLabels(const Labels& labels, const Labels& external) {
  std::vector<LabelView> merged;
  auto own = labels.begin();
  auto other = external.begin();
  while (own != labels.end() || other != external.end()) {
    if (other == external.end() || (own != labels.end() && (*own).name <= (*other).name)) {
      if (other != external.end() && (*own).name == (*other).name) ++other;
      merged.push_back(*own);
      ++own;
    } else {
      merged.push_back(*other);
      ++other;
    }
  }
  return merged;
}

void EncodeTimeSeries(std::span<const LabelView> labels, const storage::SampleBuffer& samples,
                      std::string& out) {
  protozero::pbf_writer writer(out);
  WriteLabels(writer, labels);
  for (size_t i = 0; i < samples.timestamps_ms.size(); ++i) {
    protozero::pbf_writer message(writer, 2);
    message.add_double(1, samples.values[i]);
    if (samples.timestamps_ms[i] != 0) message.add_int64(2, samples.timestamps_ms[i]);
  }
  std::string bytes;
  for (const storage::HistogramSample& sample : samples.histograms) {
    bytes.clear();
    EncodeHistogram(sample.timestamp_ms, *sample.histogram, bytes);
    writer.add_message(4, bytes);
  }
}

void EncodeChunkFrames(std::span<const LabelView> labels,
                       std::span<const storage::EncodedChunk> chunks, int64_t query_index,
                       size_t max_frame_bytes, std::string& out) {
  std::string head;
  {
    protozero::pbf_writer writer(head);
    WriteLabels(writer, labels);
  }
  std::string series = head;
  for (size_t i = 0; i < chunks.size(); ++i) {
    protozero::pbf_writer(series).add_message(2, EncodeChunk(chunks[i]));
    if (series.size() < max_frame_bytes && i + 1 < chunks.size()) continue;
    AppendFrame(series, query_index, out);
    series = head;
  }
}

}  // namespace tocsin::remote

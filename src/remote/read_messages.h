#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/labels.h"
#include "storage/queryable.h"

namespace tocsin::remote {

/// The labels of a series with those of `external` that it does not have itself, sorted by name.
/// Views into both.
std::vector<LabelView> MergeLabels(const Labels& labels, const Labels& external);

/// Appends a TimeSeries message (remote.md): labels, samples, histograms.
void EncodeTimeSeries(std::span<const LabelView> labels, const storage::SampleBuffer& samples,
                      std::string& out);

/// Appends the frames that carry a series' chunks to `out`, each a ChunkedReadResponse with the
/// labels and as many chunks as fit into `max_frame_bytes`, but at least one:
///
///   frame := uvarint size of message, CRC32-C of message (big endian), message
void EncodeChunkFrames(std::span<const LabelView> labels,
                       std::span<const storage::EncodedChunk> chunks, int64_t query_index,
                       size_t max_frame_bytes, std::string& out);

}  // namespace tocsin::remote

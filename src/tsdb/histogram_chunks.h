#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "tsdb/any_sample.h"
#include "tsdb/chunks/histogram_decoder.h"

namespace tocsin::tsdb {

inline bool IsFloatHistogramEncoding(uint8_t encoding) { return encoding == 3 || encoding == 6; }
inline bool HasStartTimestamps(uint8_t encoding) { return encoding == 5 || encoding == 6; }

/// Calls `visit(decoder)` for each sample of a histogram chunk until it returns false.
template <typename Visit>
Status WalkHistogramChunk(uint8_t encoding, std::string_view bytes, Visit visit) {
  const auto walk = [&](auto decoder) -> Status {
    if (!decoder) return decoder.error();
    while (decoder->Next()) {
      if (!visit(*decoder)) return {};
    }
    return decoder->status();
  };
  const bool has_starts = HasStartTimestamps(encoding);
  if (IsFloatHistogramEncoding(encoding)) {
    return walk(HistogramDecoder<FloatHistogram>::Open(bytes, has_starts));
  }
  return walk(HistogramDecoder<Histogram>::Open(bytes, has_starts));
}

/// The sample at which a decoder stands.
inline AnySample SampleAt(const HistogramDecoder<Histogram>& decoder) {
  AnySample sample;
  sample.timestamp_ms = decoder.timestamp_ms();
  sample.start_timestamp_ms = decoder.start_timestamp_ms();
  sample.histogram = std::make_shared<const Histogram>(decoder.Get());
  return sample;
}
inline AnySample SampleAt(const HistogramDecoder<FloatHistogram>& decoder) {
  AnySample sample;
  sample.timestamp_ms = decoder.timestamp_ms();
  sample.start_timestamp_ms = decoder.start_timestamp_ms();
  sample.float_histogram = std::make_shared<const FloatHistogram>(decoder.Get());
  return sample;
}

}  // namespace tocsin::tsdb

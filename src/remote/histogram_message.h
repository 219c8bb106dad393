#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::remote {

/// A native histogram as remote write and remote read send it; messages of both versions have the
/// same fields. Value type.
struct HistogramMessage {
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;  ///< 2.0 only; 0: not known.
  std::variant<Histogram, FloatHistogram> histogram;
};

/// Reads a message. Resolution that we do not have (schemas 9 to 52) is reduced to schema 8, as
/// upstream does. kInvalidArgument for what is not protobuf; whether buckets make sense is for
/// storage to say.
Result<HistogramMessage> DecodeHistogram(std::string_view message);

/// Appends the message of a float histogram to `out`.
void EncodeHistogram(int64_t timestamp_ms, const FloatHistogram& histogram, std::string& out);
/// The same for integers.
void EncodeHistogram(int64_t timestamp_ms, const Histogram& histogram, std::string& out);

}  // namespace tocsin::remote

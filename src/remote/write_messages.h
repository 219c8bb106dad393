#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "remote/wire_reader.h"

namespace tocsin::remote {

/// message Sample: 1 value double, 2 timestamp int64, 3 start_timestamp int64 (2.0 only).
struct SampleMessage {
  double value = 0;
  int64_t timestamp_ms = 0;
  int64_t start_timestamp_ms = 0;
};

/// Reads a field of `outer` that is a sample; malformed ones fail `outer`.
inline SampleMessage ReadSample(WireReader& outer) {
  const std::string_view bytes = outer.Bytes("Samples");
  SampleMessage sample;
  // As all encoders write it: value first, then the timestamp.
  constexpr char kValueKey = 1 << 3 | 1;
  constexpr char kTimestampKey = 2 << 3 | 0;
  constexpr size_t kValueEnd = 9;
  WireReader reader(bytes);
  if (bytes.size() > kValueEnd && bytes[0] == kValueKey && bytes[kValueEnd] == kTimestampKey) {
    std::memcpy(&sample.value, bytes.data() + 1, sizeof(sample.value));
    reader = WireReader(bytes.substr(kValueEnd));
  }
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        sample.value = reader.Double("Value");
        break;
      case 2:
        sample.timestamp_ms = static_cast<int64_t>(reader.Varint("Timestamp"));
        break;
      case 3:
        sample.start_timestamp_ms = static_cast<int64_t>(reader.Varint("StartTimestamp"));
        break;
      default:
        reader.Skip();
    }
  }
  outer.Absorb(reader);
  return sample;
}

}  // namespace tocsin::remote

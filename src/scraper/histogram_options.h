#pragma once

namespace tocsin::scraper {

/// What a job's configuration says of its target's histograms; labels of the target may override
/// it.
struct HistogramOptions {
  bool reads_native = true;
  bool converts_classic = false;  ///< Classic ones become native, with custom buckets.
  bool keeps_classic = false;     ///< Classic series stay beside the native ones.
  friend bool operator==(const HistogramOptions&, const HistogramOptions&) = default;
};

}  // namespace tocsin::scraper

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/varint.h"

namespace tocsin::benchmarks {

// Remote-write requests as a Prometheus that scrapes node_exporters sends them: series with eleven
// labels of about 180 bytes, one sample a series a request, some thousand series a request.

inline constexpr int64_t kStartMs = 1'700'000'000'000;
inline constexpr int64_t kIntervalMs = 15'000;

inline void AppendField(std::string& out, int field, std::string_view bytes) {
  PutUvarint(out, static_cast<uint64_t>(field) << 3 | 2);
  PutUvarint(out, bytes.size());
  out.append(bytes);
}

inline std::vector<std::pair<std::string, std::string>> LabelsOfSeries(int series) {
  const int target = series / 1000;
  const int of_target = series % 1000;
  return {{"__name__", "node_metric_name_" + std::to_string(of_target % 100) + "_total"},
          {"cluster", "eu-west-1"},
          {"cpu", std::to_string(of_target / 100)},
          {"device", "eth" + std::to_string(series % 4)},
          {"env", "production"},
          {"fstype", "ext4"},
          {"instance", "host" + std::to_string(target) + ".example.org:9100"},
          {"job", "node"},
          {"mode", series % 2 == 0 ? "user" : "system"},
          {"replica", "prometheus-0"},
          {"state", "online"}};
}

inline double ValueOfSeries(int series, int64_t scrape) {
  if (series % 2 == 0) return series;
  if (series % 8 == 1)
    return std::round(100 * std::sin(static_cast<double>(scrape * series))) / 100;
  return static_cast<double>(scrape * (series % 50 + 1) * 13);
}

/// Builds the requests of series [first, first + count). Confined to a thread.
class RequestMaker {
 public:
  RequestMaker(int first, int count) : first_(first) {
    for (int series = first; series < first + count; ++series) {
      std::string labels;
      std::string refs;
      for (const auto& [name, value] : LabelsOfSeries(series)) {
        std::string label;
        AppendField(label, 1, name);
        AppendField(label, 2, value);
        AppendField(labels, 1, label);
        PutUvarint(refs, RefOf(name));
        PutUvarint(refs, RefOf(value));
      }
      labels_.push_back(std::move(labels));
      refs_.emplace_back();
      AppendField(refs_.back(), 1, refs);
    }
  }

  /// A compressed prometheus.WriteRequest.
  std::string MakeV1(int64_t scrape) { return Make(scrape, labels_, 1); }
  /// A compressed io.prometheus.write.v2.Request.
  std::string MakeV2(int64_t scrape) {
    request_.clear();
    for (const std::string& symbol : symbols_) AppendField(request_, 4, symbol);
    return MakeOnto(scrape, refs_, 5);
  }

 private:
  uint64_t RefOf(const std::string& text) {
    for (size_t i = 0; i < symbols_.size(); ++i) {
      if (symbols_[i] == text) return i;
    }
    symbols_.push_back(text);
    return symbols_.size() - 1;
  }
  std::string Make(int64_t scrape, const std::vector<std::string>& names, int field) {
    request_.clear();
    return MakeOnto(scrape, names, field);
  }
  std::string MakeOnto(int64_t scrape, const std::vector<std::string>& names, int field) {
    for (size_t i = 0; i < names.size(); ++i) {
      sample_.assign(1, '\x09');
      const double value = ValueOfSeries(first_ + static_cast<int>(i), scrape);
      sample_.append(reinterpret_cast<const char*>(&value), sizeof(value));
      sample_.push_back('\x10');
      PutUvarint(sample_, static_cast<uint64_t>(kStartMs + scrape * kIntervalMs));
      series_ = names[i];
      AppendField(series_, 2, sample_);
      AppendField(request_, field, series_);
    }
    std::string compressed;
    SnappyCompress(request_, compressed);
    return compressed;
  }

  const int first_;
  std::vector<std::string> labels_;
  std::vector<std::string> refs_;
  std::vector<std::string> symbols_ = {""};
  std::string request_;
  std::string series_;
  std::string sample_;
};

}  // namespace tocsin::benchmarks

#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/compression.h"

namespace tocsin::remote {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;
using Samples = std::vector<std::pair<int64_t, double>>;

inline std::string Snappy(std::string_view bytes) {
  std::string compressed;
  SnappyCompress(bytes, compressed);
  return compressed;
}

inline std::string SampleBytes(int64_t timestamp_ms, double value, int64_t start_ms = 0) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_double(1, value);
  writer.add_int64(2, timestamp_ms);
  if (start_ms != 0) writer.add_int64(3, start_ms);
  return bytes;
}

/// prometheus.TimeSeries, as Go's encoder orders it.
class SeriesV1 {
 public:
  explicit SeriesV1(const LabelPairs& labels) {
    for (const auto& label : labels) AddLabel(1, label);
  }
  SeriesV1& Sample(int64_t timestamp_ms, double value) {
    protozero::pbf_writer(bytes_).add_message(2, SampleBytes(timestamp_ms, value));
    return *this;
  }
  SeriesV1& Exemplar(const LabelPairs& labels, int64_t timestamp_ms, double value) {
    protozero::pbf_writer writer(bytes_);
    protozero::pbf_writer exemplar(writer, 3);
    for (const auto& [name, text] : labels) {
      protozero::pbf_writer label(exemplar, 1);
      label.add_string(1, name);
      label.add_string(2, text);
    }
    exemplar.add_double(2, value);
    exemplar.add_int64(3, timestamp_ms);
    return *this;
  }
  SeriesV1& Histogram(const std::string& message) {
    protozero::pbf_writer(bytes_).add_message(4, message);
    return *this;
  }
  SeriesV1& Label(const std::string& name, const std::string& value) {
    AddLabel(1, {name, value});
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void AddLabel(uint32_t field, const std::pair<std::string, std::string>& pair) {
    protozero::pbf_writer writer(bytes_);
    protozero::pbf_writer label(writer, field);
    label.add_string(1, pair.first);
    label.add_string(2, pair.second);
  }
  std::string bytes_;
};

inline SeriesV1 FloatSeries(const LabelPairs& labels, const Samples& samples) {
  SeriesV1 series(labels);
  for (const auto& [timestamp_ms, value] : samples) series.Sample(timestamp_ms, value);
  return series;
}

/// An uncompressed prometheus.WriteRequest.
inline std::string RequestV1(std::initializer_list<SeriesV1> all) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  for (const SeriesV1& series : all) writer.add_message(1, series.bytes());
  return bytes;
}

/// What a 2.0 series says of itself.
struct MetadataV2 {
  int type = 0;
  std::string help;
  std::string unit;
};

/// Builds an io.prometheus.write.v2.Request.
class RequestV2 {
 public:
  RequestV2() { RefOf(""); }
  uint32_t RefOf(const std::string& text) {
    const auto [at, is_new] = refs_.try_emplace(text, static_cast<uint32_t>(symbols_.size()));
    if (is_new) symbols_.push_back(text);
    return at->second;
  }
  std::vector<uint32_t> Refs(const LabelPairs& labels) {
    std::vector<uint32_t> refs;
    for (const auto& [name, value] : labels) {
      refs.push_back(RefOf(name));
      refs.push_back(RefOf(value));
    }
    return refs;
  }

  struct Series {
    std::vector<uint32_t> refs;
    std::vector<std::string> samples;
    std::vector<std::string> histograms;
    std::vector<std::string> exemplars;
    MetadataV2 metadata;
  };
  std::string ExemplarBytes(const LabelPairs& labels, int64_t timestamp_ms, double value) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    const std::vector<uint32_t> refs = Refs(labels);
    writer.add_packed_uint32(1, refs.begin(), refs.end());
    writer.add_double(2, value);
    writer.add_int64(3, timestamp_ms);
    return bytes;
  }
  void Add(const Series& series) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_packed_uint32(1, series.refs.begin(), series.refs.end());
    for (const std::string& sample : series.samples) writer.add_message(2, sample);
    for (const std::string& histogram : series.histograms) writer.add_message(3, histogram);
    for (const std::string& exemplar : series.exemplars) writer.add_message(4, exemplar);
    {
      protozero::pbf_writer metadata(writer, 5);
      if (series.metadata.type != 0) metadata.add_enum(1, series.metadata.type);
      if (!series.metadata.help.empty()) metadata.add_uint32(3, RefOf(series.metadata.help));
      if (!series.metadata.unit.empty()) metadata.add_uint32(4, RefOf(series.metadata.unit));
    }
    series_.push_back(std::move(bytes));
  }
  void AddFloats(const LabelPairs& labels, const Samples& samples,
                 const MetadataV2& metadata = {}) {
    Series series;
    series.refs = Refs(labels);
    for (const auto& [timestamp_ms, value] : samples) {
      series.samples.push_back(SampleBytes(timestamp_ms, value));
    }
    series.metadata = metadata;
    Add(series);
  }
  /// The uncompressed message.
  std::string Bytes() const {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    for (const std::string& symbol : symbols_) writer.add_string(4, symbol);
    for (const std::string& series : series_) writer.add_message(5, series);
    return bytes;
  }

 private:
  std::map<std::string, uint32_t> refs_;
  std::vector<std::string> symbols_;
  std::vector<std::string> series_;
};

}  // namespace tocsin::remote

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/entry.h"
#include "exposition/metric_messages.h"
#include "model/exemplar.h"
#include "model/float_histogram.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/metadata.h"

namespace tocsin::exposition {

/// What a ProtobufParser makes of histograms.
struct ProtobufOptions {
  bool reads_native_histograms = true;  ///< If not, all histograms are classic ones.
  /// Histograms without native buckets become native ones with custom buckets.
  bool converts_classic_histograms = false;
  /// Classic series come also where a native histogram does.
  bool keeps_classic_histograms = false;
};

/// Reads a page of length-delimited io.prometheus.client.MetricFamily messages, sample by sample,
/// as if it were text: HELP, UNIT and TYPE of a family, then its samples; summaries and classic
/// histograms as their series. The page must outlive the parser and its views. Refuses what
/// upstream's protobufparse.go refuses; where that one quotes its protobuf library, the words are
/// ours. Confined to a thread.
class ProtobufParser {
 public:
  using Entry = exposition::Entry;

  /// What tells a sample from the others of the page, without building labels.
  struct SeriesKey {
    std::string_view family;
    std::string_view labels;  ///< The label messages as the page has them.
    uint64_t part = 0;        ///< Which series of a summary or histogram; the bits of its bound.
  };

  ProtobufParser(std::string_view page, const ProtobufOptions& options);
  ProtobufParser(const ProtobufParser&) = delete;
  ProtobufParser& operator=(const ProtobufParser&) = delete;

  /// Moves to the next entry. After kInvalid, error() says why, with the offset of the message, and
  /// the parser must not be used further.
  Entry Next();

  // Of every entry.
  std::string_view family() const { return family_.name; }
  std::string_view help() const { return family_.help; }
  std::string_view unit() const { return family_.unit; }
  MetricType current_type() const { return type_; }

  // Of a kSeries or kHistogram entry.
  SeriesKey key() const { return {family_.name, metric_.label_bytes, part_key_}; }
  double value() const { return value_; }
  std::optional<int64_t> timestamp_ms() const {
    return has_timestamp() ? std::optional<int64_t>(metric_.timestamp_ms) : std::nullopt;
  }
  bool has_timestamp() const { return metric_.timestamp_ms != 0; }
  /// When counting began; 0: not known.
  int64_t start_timestamp_ms() const { return metric_.start_timestamp_ms; }
  /// As in TextParser. Labels are checked here, so a page read by keys alone is not.
  Status CopyLabels(LabelsBuilder& labels, std::vector<std::string>& empty_names) const;
  /// Whether CopyExemplars may find any.
  bool has_exemplars() const { return metric_.has_exemplars; }
  /// Appends the exemplars of the sample: of a counter or a bucket its one, of a native histogram
  /// its own or else those of all buckets, and of these only those with a time.
  void CopyExemplars(std::vector<Exemplar>& exemplars) const;

  // Of a kHistogram entry. Exactly one is there; it may be moved from.
  Histogram* histogram() { return is_float_ ? nullptr : &histogram_; }
  FloatHistogram* float_histogram() { return is_float_ ? &float_histogram_ : nullptr; }

  const Error& error() const { return *error_; }

 private:
  enum class Stage : uint8_t { kFamily, kHelp, kUnit, kType, kHistogram, kParts, kMetricDone };
  enum class Part : uint8_t { kWhole, kCount, kSum, kPoint };

  Entry NextFamily();
  Status EnterFamily(std::string_view message);
  Status CheckFamily() const;
  Entry NextMetric();
  bool ChooseHistogram();
  void BuildNative();
  bool BuildFromClassic();
  Entry EnterParts();
  Entry NextPart();
  void SetPart(Part part, size_t point);
  void CopyHistogramExemplars(std::vector<Exemplar>& exemplars) const;
  Entry Fail(const Error& error);
  bool is_histogram() const {
    return type_ == MetricType::kHistogram || type_ == MetricType::kGaugeHistogram;
  }

  const std::string_view page_;
  const ProtobufOptions options_;
  std::string_view rest_;     // Behind the current family.
  size_t message_begin_ = 0;  // Of the current family.
  Stage stage_ = Stage::kFamily;
  FamilyMessage family_;
  MetricType type_ = MetricType::kUnknown;  // Of the family.
  size_t next_metric_ = 0;
  MetricMessage metric_;
  Part part_ = Part::kWhole;
  size_t point_ = 0;
  uint64_t part_key_ = 0;
  double value_ = 0;
  bool is_float_ = false;
  Histogram histogram_;
  FloatHistogram float_histogram_;
  std::optional<Error> error_;
};

}  // namespace tocsin::exposition

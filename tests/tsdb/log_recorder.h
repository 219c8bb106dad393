#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "telemetry/registry.h"
#include "tsdb/commit_log.h"
#include "tsdb/head.h"
#include "tsdb/head_metrics.h"
#include "tsdb/wal/record.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// A log in memory that can be replayed into another head.
class LogRecorder final : public CommitLog {
 public:
  Status Log(std::span<const std::string_view> records) override {
    if (is_broken) return Error(ErrorCode::kUnavailable, "no space left on device");
    for (const std::string_view record : records) records_.emplace_back(record);
    return {};
  }

  void Replay(ReplayVisitor& visitor) const {
    for (const std::string& record : records_) Visit(record, visitor);
  }

  void Clear() { records_.clear(); }
  bool is_broken = false;

 private:
  static void Visit(const std::string& record, ReplayVisitor& visitor) {
    SeriesBatch series;
    std::vector<SampleRecord> samples;
    std::vector<int64_t> starts;
    std::vector<HistogramRecord> histograms;
    std::vector<FloatHistogramRecord> float_histograms;
    std::vector<ExemplarRecord> exemplars;
    std::vector<MetadataRecord> metadata;
    switch (static_cast<RecordType>(RecordTypeByte(record))) {
      case RecordType::kSeries:
        CHECK(DecodeSeries(record, series).ok() && visitor.OnSeries(series).ok(), "series");
        return;
      case RecordType::kSamples:
        CHECK(DecodeSamples(record, samples).ok() && visitor.OnSamples(samples).ok(), "samples");
        return;
      case RecordType::kSamplesV2:
        CHECK(DecodeSamplesV2(record, samples, starts).ok() &&
                  visitor.OnSamplesWithStarts(samples, starts).ok(),
              "samples with starts");
        return;
      case RecordType::kHistogramSamples:
      case RecordType::kCustomBucketsHistogramSamples:
      case RecordType::kHistogramSamplesV2:
        CHECK(DecodeHistograms(record, histograms).ok() && visitor.OnHistograms(histograms).ok(),
              "histograms");
        return;
      case RecordType::kFloatHistogramSamples:
      case RecordType::kCustomBucketsFloatHistogramSamples:
      case RecordType::kFloatHistogramSamplesV2:
        CHECK(DecodeHistograms(record, float_histograms).ok() &&
                  visitor.OnFloatHistograms(float_histograms).ok(),
              "float histograms");
        return;
      case RecordType::kExemplars:
        CHECK(DecodeExemplars(record, exemplars).ok() && visitor.OnExemplars(exemplars).ok(),
              "exemplars");
        return;
      case RecordType::kMetadata:
        CHECK(DecodeMetadata(record, metadata).ok() && visitor.OnMetadata(metadata).ok(),
              "metadata");
        return;
      default:
        CHECK(false, "a record that the head does not write");
    }
  }

  std::vector<std::string> records_;
};

/// A head with both its logs, and the head that is found after a restart.
struct LoggedHead {
  explicit LoggedHead(Head::Options head_options = {}) : options(head_options) {
    options.out_of_order_log = &out_of_order_log;
    Open();
  }
  void Restart() {
    head.reset();
    Open();
    {
      const auto visitor = head->MakeReplay({});
      log.Replay(*visitor);
    }
    const auto visitor = head->MakeOutOfOrderReplay({});
    out_of_order_log.Replay(*visitor);
  }
  void Open() { head = std::make_unique<Head>(log, metrics, options); }

  telemetry::Registry registry;
  HeadMetrics metrics{registry};
  LogRecorder log;
  LogRecorder out_of_order_log;
  Head::Options options;
  std::unique_ptr<Head> head;
};

}  // namespace tocsin::tsdb

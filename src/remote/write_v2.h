#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "remote/label_list.h"
#include "remote/series_appender.h"
#include "remote/symbol_table.h"
#include "remote/wire_reader.h"
#include "remote/write_outcome.h"

namespace tocsin::remote {

/// Memory of a WriterV2 that outlives it.
struct ScratchV2 {
  struct Metadata {
    uint64_t type = 0;
    uint64_t help_ref = 0;
    uint64_t unit_ref = 0;
  };
  struct Series {
    SeriesKey key;
    std::string_view message;
    uint32_t first_ref = 0;  // Of its label references in `refs`.
    uint32_t ref_count = 0;
    Metadata metadata;
    uint32_t sample_count = 0;  // Histograms too.
    bool has_exemplars = false;
    bool has_bad_refs = false;
    bool has_bad_metadata = false;
  };
  SymbolTable symbols;
  std::vector<Series> batch;
  std::vector<uint32_t> refs;     // Of the batch.
  std::vector<SeriesKey> hashes;  // Of what names the series at hand.
  std::vector<Exemplar> exemplars;
  std::vector<uint32_t> exemplar_refs;
  LabelList list;
};

/// Writes io.prometheus.write.v2.Request messages:
///
///   Request     4 symbols string*  5 timeseries TimeSeries*
///   TimeSeries  1 labels_refs uint32*  2 samples Sample*  3 histograms Histogram*
///               4 exemplars Exemplar*  5 metadata Metadata
///   Exemplar    1 labels_refs uint32*  2 value double  3 timestamp int64
///   Metadata    1 type enum  3 help_ref uint32  4 unit_ref uint32
///
/// What is refused is listed in the outcome, and the rest goes on. A series is named by its labels
/// and metadata together: when the metadata changes it is a new name, and they are stored again.
/// Confined to a thread.
class WriterV2 final : private SeriesLabels {
 public:
  WriterV2(SeriesAppender& appender, const SeriesRefCache::View& view, uint64_t secret,
           ScratchV2& scratch, WriteOutcome& outcome, Logger& logger)
      : appender_(appender),
        view_(view),
        secret_(secret),
        scratch_(scratch),
        outcome_(outcome),
        logger_(logger) {}

  /// An error ends the request, and nothing of it must be stored.
  Status Write(std::string_view request);

 private:
  Result<Labels> Decode() override;
  Status AddToBatch(std::string_view message);
  void ReadRefs(WireReader& reader, ScratchV2::Series& series);
  void ReadMetadata(WireReader& outer, ScratchV2::Series& series);
  SeriesKey KeyOf(const ScratchV2::Series& series);
  Status AppendBatch();
  Status AppendSeries(const ScratchV2::Series& series);
  Status AppendItems(const ScratchV2::Series& series);
  Status AppendExemplars(const ScratchV2::Series& series);
  Result<Exemplar> DecodeExemplar(std::string_view message);
  Status CollectLabels(const std::vector<uint32_t>& refs, size_t first, size_t count);
  void StoreMetadata(const ScratchV2::Series& series);

  // Notes an item that was refused; any other error comes back.
  Status Note(const Status& status, uint64_t& written);
  void Refuse(const ScratchV2::Series& series, std::string line, bool has_invalid_labels);
  std::string RefsText(const ScratchV2::Series& series) const;
  std::string LabelsText();

  SeriesAppender& appender_;
  const SeriesRefCache::View& view_;
  const uint64_t secret_;
  ScratchV2& scratch_;
  WriteOutcome& outcome_;
  Logger& logger_;
  const ScratchV2::Series* current_ = nullptr;
};

}  // namespace tocsin::remote

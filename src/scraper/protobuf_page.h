#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/protobuf_parser.h"
#include "scraper/sample_intake.h"

namespace tocsin::scraper {

/// Reads a page of protobuf messages into an intake. Messages are always decoded; but labels are
/// only built, relabeled and looked up for series that the last page had not: the cache knows the
/// others by a hash of their family's name and label bytes. Made for one page. Confined to a
/// thread.
class ProtobufPage {
 public:
  /// Everything is borrowed.
  ProtobufPage(SampleIntake& intake, std::string_view page);

  /// Reads to the page's end or its first error.
  Status Read();

 private:
  using Slot = storage::RowAppender::Slot;

  void NoteFamily();
  Status TakeSample(bool is_histogram);
  Status AddNewSample(uint64_t hash, bool is_histogram, bool is_known);
  Result<bool> Store(Slot slot, bool is_histogram);
  uint64_t HashKey() const;

  SampleIntake& intake_;
  const PageTarget& target_;
  exposition::ProtobufParser parser_;
  uint64_t family_hash_ = 0;
  uint32_t family_ = 0;  // Index in the metadata.
  bool has_new_metadata_ = false;

  // Reused from sample to sample.
  LabelsBuilder labels_;
  std::vector<std::string> empty_names_;
  std::vector<Exemplar> exemplars_;
};

}  // namespace tocsin::scraper

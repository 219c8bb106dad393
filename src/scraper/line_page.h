#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/classic_histogram.h"
#include "exposition/entry.h"
#include "model/exemplar.h"
#include "model/labels.h"
#include "scraper/sample_intake.h"
#include "scraper/series_groups.h"

namespace tocsin::scraper {

/// Reads a page in a line format (TextParser, OpenMetricsParser) into an intake. Lines that the
/// cache predicts cost a hash and two stores; only texts that the last page did not have are
/// parsed, relabeled and looked up in storage. Made for one page. Confined to a thread.
template <typename Parser>
class LinePage {
 public:
  /// Everything is borrowed.
  LinePage(SampleIntake& intake, std::string_view page);

  /// Reads to the page's end or its first error.
  Status Read();

 private:
  using Slot = storage::RowAppender::Slot;
  static constexpr uint32_t kNone = UINT32_MAX;

  bool TakePredicted();
  bool TakeKnown(LineAction action, size_t size);
  bool TakeGrouped(const SeriesGroups::Line& line, size_t size);
  Result<bool> ReadLine();
  Result<bool> ReadEntry(bool is_known);
  Status AddNewSample(bool is_known);
  Status AddGrouped(LineRole role, uint64_t hash, bool is_known);
  bool Store(Slot slot);
  void StoreExemplar(Slot slot);
  bool StoreGrouped(const SeriesGroups::Line& line);
  void NoteMetadata(uint32_t index, bool has_changed);
  void AddMetadata(exposition::Entry entry);
  void RecordComment();
  void AddTypeAndUnit();
  void SendMetadata(Slot slot, std::string_view metric);
  void ApplyStart(uint32_t group);
  void DoChores(Slot slot);
  void UpdateChores() { has_chores_ = collected_group_ != kNone || changed_family_ != kNone; }
  void Collect(const SeriesGroups::Line& line);
  void FlushUnless(uint32_t group);
  Status FlushHistogram(uint32_t group);
  Result<std::optional<LineAction>> AdmitGroup(SeriesGroups::Group& group, bool& is_new);

  SampleIntake& intake_;
  const PageTarget& target_;
  Parser parser_;
  const bool has_groups_;
  const bool converts_classic_;

  uint32_t family_ = kNone;          // Index in the metadata of the last HELP, TYPE or UNIT line.
  uint32_t type_family_ = kNone;     // Of the last TYPE line.
  uint32_t changed_family_ = kNone;  // Whose metadata storage must be told.
  uint64_t family_stamp_;            // Another one for each line of metadata.
  bool has_chores_ = false;          // A known sample is not just a value this time.
  Status status_;                    // The first error inside a known line.

  uint32_t collected_group_ = kNone;
  exposition::ClassicHistogram classic_;
  std::optional<int64_t> collected_timestamp_ms_;
  int64_t collected_start_ms_ = 0;
  std::vector<Exemplar> collected_exemplars_;

  // Reused from line to line.
  LabelsBuilder labels_;
  std::vector<std::string> empty_names_;
  std::vector<Exemplar> exemplars_;
  Histogram histogram_;
  FloatHistogram float_histogram_;
};

}  // namespace tocsin::scraper

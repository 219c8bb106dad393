#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/text_parser.h"
#include "model/labels.h"
#include "scraper/sequence_cache.h"
#include "scraper/target_metadata.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

struct ScrapeSettings;

/// What a page held and what became of it.
struct PageCounts {
  uint64_t samples = 0;        ///< Lines with a value.
  uint64_t post_relabel = 0;   ///< Of those, not dropped by relabeling.
  uint64_t series_added = 0;   ///< Series that the last page had not.
  uint64_t duplicates = 0;     ///< Series that were on this page before: their first value stays.
  uint64_t out_of_bounds = 0;  ///< With timestamps too far in the future.
  uint64_t refused = 0;        ///< New series for which storage has no room.
  bool is_sample_limit_exceeded = false;
  bool is_label_limit_exceeded = false;
  std::string refusal;  ///< Storage's words.
};

/// Puts one page into an open row: the line between receiving and storing. Lines that the cache
/// predicts cost a hash and two stores; only texts that the last page did not have are parsed,
/// relabeled and looked up in storage. Made for one page. Confined to a thread.
class PageAppender {
 public:
  struct Target {
    storage::RowAppender& row;
    SequenceCache& cache;
    TargetMetadata& metadata;
    const ScrapeSettings& settings;
    const Labels& labels;
    int64_t max_timestamp_ms;  ///< Samples beyond are refused.
  };

  /// Everything is borrowed until Run has returned.
  PageAppender(const Target& target, std::string_view page);

  /// Reads the page to its end or its first error: bad syntax, invalid labels, an exceeded limit.
  /// Then nothing of it may be kept: the caller aborts the row. counts() tells how far it came.
  Status Run();
  const PageCounts& counts() const { return counts_; }

 private:
  bool TakePredicted();
  bool TakeKnown(LineAction action, size_t size);
  Result<bool> ReadLine();
  size_t GuessTextSize() const;
  Status AddNewSample(bool is_known);
  void AddMetadata(bool is_type);
  void RecordComment();
  bool Put(storage::RowAppender::Slot slot);
  bool PutAt(storage::RowAppender::Slot slot);
  bool IsTooFarAhead() const;
  bool IsOverSampleLimit() const;

  const Target target_;
  exposition::TextParser parser_;
  const bool honor_timestamps_;
  PageCounts counts_;

  // Reused from line to line.
  LabelsBuilder labels_;
  std::vector<std::string> empty_names_;
};

}  // namespace tocsin::scraper

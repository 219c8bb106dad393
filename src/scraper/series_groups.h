#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/labels.h"
#include "model/metadata.h"
#include "scraper/sequence_cache.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

/// What a line is to the group of series it belongs to.
enum class LineRole : uint8_t {
  kBucket,   ///< Of a classic histogram that becomes a native one; so are the next two.
  kCount,    //
  kSum,      //
  kStarted,  ///< A sample whose counting began when the group's kCreated line says.
  kCreated,
};

/// The role of a series with `labels` (those of the page, bounds in canonical form) under the TYPE
/// line before it, or nothing for an ordinary one.
struct LineClassifier {
  MetricType type = MetricType::kUnknown;
  std::string_view family;  ///< Of the TYPE line.
  bool converts_classic_histograms = false;
  bool reads_start_timestamps = false;

  std::optional<LineRole> RoleOf(const LabelsBuilder& labels) const;
};

/// Which lines of a target's pages are more than a value of one series: those of classic histograms
/// that become native ones, and those of counters whose start is told by a `_created` line. Such
/// lines form groups, of equal labels but for the bound; groups and lines are named by an index,
/// which the sequence cache remembers. Empty for targets that have nothing of the kind. Confined to
/// a thread at a time.
class SeriesGroups {
 public:
  using Slot = storage::RowAppender::Slot;

  struct Line {
    uint32_t group = 0;
    LineRole role = LineRole::kStarted;
    bool is_counted = false;  ///< As a sample of its own, too.
    bool is_stored = false;   ///< In `slot`; if not although it is counted, it was dropped.
    Slot slot = 0;
    double bound = 0;  ///< Of a kBucket.
  };
  struct Group {
    Labels labels;  ///< Of the native histogram, as the page would have them.
    bool is_known = false;
    std::optional<LineAction> action;  ///< Of the native histogram's series, once it is known.
    uint64_t family_stamp = 0;         ///< Which visit of a family filled `started`.
    std::vector<Slot> started;         ///< Slots of the page whose start may yet be told.
  };

  /// The group of a line with these labels.
  uint32_t GroupOf(const LabelsBuilder& labels, LineRole role, MetricType type);
  uint32_t AddLine(const Line& line);
  const Line& line(uint32_t index) const { return lines_[index]; }
  Group& group(uint32_t index) { return groups_[index]; }

  /// A number for the visit of a family that no visit had before.
  uint64_t NextStamp() { return next_stamp_ += uint64_t{1} << 32; }

  /// Whether so many lines are remembered that most of them must be of pages long gone.
  bool is_bloated(size_t lines_on_page) const { return lines_.size() > 4 * lines_on_page + 1024; }
  void Clear() { *this = SeriesGroups(); }
  size_t memory_bytes() const;

 private:
  std::vector<Line> lines_;
  std::vector<Group> groups_;
  std::unordered_map<uint64_t, uint32_t> group_of_hash_;
  uint64_t next_stamp_ = 0;
};

}  // namespace tocsin::scraper

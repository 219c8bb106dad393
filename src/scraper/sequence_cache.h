#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/metadata.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

/// What is to be done with a line whose text is known. Four bytes; value type.
class LineAction {
 public:
  enum class Kind : uint8_t { kSample, kDropped, kMetadata, kComment, kGrouped };

  /// A sample for `slot` of the target's row.
  static LineAction Sample(storage::RowAppender::Slot slot) { return LineAction(slot); }
  /// A sample that metric relabeling dropped.
  static LineAction Dropped() { return LineAction(kDroppedTag); }
  /// A HELP or UNIT line of the family at `index` of the target's metadata.
  static LineAction Help(uint32_t index) { return LineAction(kMetadataTag | index); }
  /// A TYPE line, which rules the bounds of new series until the next one.
  static LineAction Type(uint32_t index, MetricType type) {
    return LineAction(kMetadataTag | (static_cast<uint32_t>(type) + 1) << kTypeShift | index);
  }
  static LineAction Comment() { return LineAction(kCommentTag); }
  /// The line at `index` of the target's SeriesGroups.
  static LineAction Grouped(uint32_t index) { return LineAction(kDroppedTag + 1 + index); }

  static constexpr uint32_t kMaxSlot = (uint32_t{1} << 30) - 2;
  static constexpr uint32_t kMaxMetadataIndex = (uint32_t{1} << 26) - 1;

  static constexpr uint32_t kMaxLineIndex = (uint32_t{1} << 30) - 2;

  Kind kind() const {
    if (bits_ > kDroppedTag && bits_ < kMetadataTag) return Kind::kGrouped;
    return static_cast<Kind>(bits_ >> 30);
  }
  bool is_sample() const { return bits_ < kDroppedTag; }
  storage::RowAppender::Slot slot() const { return bits_; }
  /// A sample whose slot storage has renumbered: the series is known, its slot is not.
  bool is_void() const { return bits_ == kVoidSlot; }
  void Void() {
    if (is_sample() || kind() == Kind::kGrouped) bits_ = kVoidSlot;
  }
  /// Of a kGrouped.
  uint32_t line_index() const { return bits_ - kDroppedTag - 1; }
  uint32_t metadata_index() const { return bits_ & kMaxMetadataIndex; }
  /// Of a TYPE line.
  std::optional<MetricType> type() const {
    const uint32_t type = bits_ >> kTypeShift & 15;
    if (type == 0) return std::nullopt;
    return static_cast<MetricType>(type - 1);
  }

 private:
  static constexpr uint32_t kDroppedTag = uint32_t{1} << 30;
  static constexpr uint32_t kMetadataTag = uint32_t{2} << 30;
  static constexpr uint32_t kCommentTag = uint32_t{3} << 30;
  static constexpr uint32_t kVoidSlot = kDroppedTag - 1;
  static constexpr int kTypeShift = 26;

  explicit LineAction(uint32_t bits) : bits_(bits) {}

  uint32_t bits_;
};

/// Remembers the lines of a target's last page in their order: of each the hash of its text (of a
/// sample's series, of a comment's whole line), its length and what to do with it; 14 bytes a line,
/// never the text. Exporters print the same lines in the same order, so line i of the next page is
/// predicted to be line i of the last, and a hit needs no parsing and no table. After a miss the
/// text is looked up by hash and prediction goes on behind the place where it was found; a line
/// that is nowhere leaves the prediction where it is. The index of that lookup exists only while it
/// is needed.
///
/// Use: BeginPage; for each line either Hit (the prediction fits) or, after Find, Record; then
/// EndPage or AbortPage, which leaves the memory of the page before. Confined to a thread at a
/// time.
class SequenceCache {
 public:
  void BeginPage();

  // The predicted line. Size 0: none, or too long to be predicted.
  size_t predicted_size() const { return position_ < sizes_.size() ? sizes_[position_] : 0; }
  uint64_t predicted_hash() const { return hashes_[position_]; }
  LineAction predicted_action() const { return actions_[position_]; }
  /// The line is the predicted one, and its action stands.
  void Hit() {
    if (is_recording_) [[unlikely]] {
      Append(hashes_[position_], sizes_[position_], actions_[position_]);
    }
    ++position_;
  }

  /// Looks for a text of the last page; if found, prediction goes on behind it.
  std::optional<LineAction> Find(uint64_t hash);
  /// The line is not the predicted one, or its action is new.
  void Record(uint64_t hash, size_t size, LineAction action);

  /// The page was whole: it becomes the one to predict from.
  void EndPage();
  void AbortPage();

  /// Storage has renumbered the slots: those of all samples are void.
  void VoidSlots();
  void Clear();

  size_t line_count() const { return hashes_.size(); }
  size_t memory_bytes() const;
  /// Lines of this page (or, after it, of the last) that were not the predicted ones.
  size_t miss_count() const { return miss_count_; }

 private:
  void StartRecording();
  void Append(uint64_t hash, uint16_t size, LineAction action);
  void BuildIndex();

  // The last page, line by line.
  std::vector<uint64_t> hashes_;
  std::vector<LineAction> actions_;
  std::vector<uint16_t> sizes_;
  size_t position_ = 0;

  // This page, from its first line on, once it has turned out to differ.
  bool is_recording_ = false;
  std::vector<uint64_t> new_hashes_;
  std::vector<LineAction> new_actions_;
  std::vector<uint16_t> new_sizes_;
  size_t miss_count_ = 0;

  // Open addressing over the last page: 1 + line, or 0. Empty when not built.
  std::vector<uint32_t> index_;
};

}  // namespace tocsin::scraper

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "model/metadata.h"

namespace tocsin::scraper {

/// What a target says of one metric family. Immutable once shared.
struct FamilyMetadata {
  std::string metric;
  MetricMetadata metadata;
  friend bool operator==(const FamilyMetadata&, const FamilyMetadata&) = default;
  size_t text_bytes() const { return metadata.help.size() + metadata.unit.size(); }
};

/// Keeps one copy of metadata that many targets share: a thousand node exporters say the same of
/// their three hundred families. Thread-safe.
class MetadataPool {
 public:
  /// Shared with the targets that hold it.
  std::shared_ptr<const FamilyMetadata> Intern(FamilyMetadata family);
  size_t size() const;

 private:
  struct Hash {
    size_t operator()(const std::shared_ptr<const FamilyMetadata>& family) const;
  };
  struct Equal {
    bool operator()(const std::shared_ptr<const FamilyMetadata>& a,
                    const std::shared_ptr<const FamilyMetadata>& b) const {
      return *a == *b;
    }
  };
  void DropUnused() REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_set<std::shared_ptr<const FamilyMetadata>, Hash, Equal> families_
      GUARDED_BY(mutex_);
  size_t sweep_at_size_ GUARDED_BY(mutex_) = 1024;
};

/// The metadata of one target. Written by its scrapes, one at a time, which name families by an
/// index that stays the same while the family is seen; read by anybody through List and Find.
class TargetMetadata {
 public:
  /// `pool` must outlive it.
  explicit TargetMetadata(MetadataPool& pool) : pool_(pool) {}

  // For the scrape.
  uint32_t SetHelp(std::string_view metric, std::string help);
  uint32_t SetType(std::string_view metric, MetricType type);
  uint32_t SetUnit(std::string_view metric, std::string unit);
  /// The family at an index that one of the above gave on this page.
  const FamilyMetadata& At(uint32_t index) const { return *families_[index]; }
  /// The family is on this page with what it said before.
  void Touch(uint32_t index) { last_seen_[index] = page_; }
  /// A page was read whole: families not seen for ten pages are forgotten.
  void EndPage();

  // For readers. Thread-safe.
  std::vector<std::shared_ptr<const FamilyMetadata>> List() const;
  /// nullptr when the target said nothing of `metric`.
  std::shared_ptr<const FamilyMetadata> Find(std::string_view metric) const;
  size_t size() const;
  size_t text_bytes() const;

 private:
  uint32_t IndexOf(std::string_view metric);
  void Replace(uint32_t index, FamilyMetadata family);

  MetadataPool& pool_;

  // Confined to the scrape.
  std::vector<uint64_t> last_seen_;
  std::vector<uint32_t> free_;
  uint64_t page_ = 1;
  /// By metric; only while a page with something new is read.
  std::unordered_map<std::string, uint32_t> index_;

  mutable Mutex mutex_;
  /// By index; null for free places. Written by the scrape under the lock, which alone may read it
  /// without.
  std::vector<std::shared_ptr<const FamilyMetadata>> families_;
};

}  // namespace tocsin::scraper

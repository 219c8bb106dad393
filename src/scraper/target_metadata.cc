#include "scraper/target_metadata.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tocsin::scraper {

namespace {
constexpr uint64_t kPagesToKeep = 10;  // As upstream's scrape cache.
}  // namespace

size_t MetadataPool::Hash::operator()(const std::shared_ptr<const FamilyMetadata>& family) const {
  const std::hash<std::string> hash;
  return hash(family->metric) * 31 + hash(family->metadata.help) +
         static_cast<size_t>(family->metadata.type);
}

std::shared_ptr<const FamilyMetadata> MetadataPool::Intern(FamilyMetadata family) {
  auto candidate = std::make_shared<const FamilyMetadata>(std::move(family));
  MutexLock lock(mutex_);
  if (families_.size() >= sweep_at_size_) DropUnused();
  return *families_.insert(std::move(candidate)).first;
}

void MetadataPool::DropUnused() {
  // Only under this lock are new copies made of an entry that nobody else holds.
  std::erase_if(families_, [](const auto& family) { return family.use_count() == 1; });
  sweep_at_size_ = std::max<size_t>(1024, families_.size() * 2);
}

size_t MetadataPool::size() const {
  MutexLock lock(mutex_);
  return families_.size();
}

uint32_t TargetMetadata::SetHelp(std::string_view metric, std::string help) {
  const uint32_t index = IndexOf(metric);
  if (families_[index]->metadata.help != help) {
    FamilyMetadata changed = *families_[index];
    changed.metadata.help = std::move(help);
    Replace(index, std::move(changed));
  }
  return index;
}

uint32_t TargetMetadata::SetType(std::string_view metric, MetricType type) {
  const uint32_t index = IndexOf(metric);
  if (families_[index]->metadata.type != type) {
    FamilyMetadata changed = *families_[index];
    changed.metadata.type = type;
    Replace(index, std::move(changed));
  }
  return index;
}

uint32_t TargetMetadata::SetUnit(std::string_view metric, std::string unit) {
  const uint32_t index = IndexOf(metric);
  if (families_[index]->metadata.unit != unit) {
    FamilyMetadata changed = *families_[index];
    changed.metadata.unit = std::move(unit);
    Replace(index, std::move(changed));
  }
  return index;
}

uint32_t TargetMetadata::IndexOf(std::string_view metric) {
  if (index_.empty()) {
    for (uint32_t i = 0; i < families_.size(); ++i) {
      if (families_[i] != nullptr) index_[families_[i]->metric] = i;
    }
  }
  const auto [found, is_new] = index_.try_emplace(std::string(metric), 0);
  if (is_new) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(families_.size()));
      last_seen_.push_back(0);
      MutexLock lock(mutex_);
      families_.emplace_back();
    }
    found->second = free_.back();
    free_.pop_back();
    Replace(found->second, FamilyMetadata{std::string(metric), {}});
  }
  Touch(found->second);
  return found->second;
}

void TargetMetadata::Replace(uint32_t index, FamilyMetadata family) {
  auto interned = pool_.Intern(std::move(family));
  MutexLock lock(mutex_);
  families_[index] = std::move(interned);
}

void TargetMetadata::EndPage() {
  index_ = {};
  for (uint32_t i = 0; i < families_.size(); ++i) {
    if (families_[i] == nullptr || page_ - last_seen_[i] <= kPagesToKeep) continue;
    free_.push_back(i);
    MutexLock lock(mutex_);
    families_[i] = nullptr;
  }
  ++page_;
}

std::vector<std::shared_ptr<const FamilyMetadata>> TargetMetadata::List() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const FamilyMetadata>> list;
  list.reserve(families_.size());
  for (const auto& family : families_) {
    if (family != nullptr) list.push_back(family);
  }
  return list;
}

std::shared_ptr<const FamilyMetadata> TargetMetadata::Find(std::string_view metric) const {
  MutexLock lock(mutex_);
  for (const auto& family : families_) {
    if (family != nullptr && family->metric == metric) return family;
  }
  return nullptr;
}

size_t TargetMetadata::size() const {
  MutexLock lock(mutex_);
  return families_.size() -
         static_cast<size_t>(std::count(families_.begin(), families_.end(), nullptr));
}

size_t TargetMetadata::text_bytes() const {
  MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& family : families_) bytes += family != nullptr ? family->text_bytes() : 0;
  return bytes;
}

}  // namespace tocsin::scraper

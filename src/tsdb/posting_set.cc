#include "tsdb/posting_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tocsin::tsdb {
namespace {

constexpr size_t kBitmapWords = 65536 / 64;
// Above this an array is larger than the bitmap.
constexpr uint32_t kMaxArray = 4096;

// First index in [from, size) with values[index] >= wanted, by doubling steps: lists that are
// walked together usually advance a little.
size_t Gallop(const uint16_t* values, size_t from, size_t size, uint16_t wanted) {
  size_t step = 1;
  size_t low = from;
  while (low + step < size && values[low + step] < wanted) {
    low += step;
    step *= 2;
  }
  return static_cast<size_t>(
      std::lower_bound(values + low, values + std::min(size, low + step + 1), wanted) - values);
}

}  // namespace

// Low halves of the ids that share a high half.
struct PostingSet::Container {
  enum class Kind : uint8_t { kArray, kRuns, kBitmap };

  uint16_t high = 0;
  Kind kind = Kind::kArray;
  uint32_t size = 0;
  // kArray: the values, rising. kRuns: first and last of each run, rising. kBitmap: unused.
  std::vector<uint16_t> values;
  std::unique_ptr<uint64_t[]> bits;

  bool Contains(uint16_t low) const;
  bool Add(uint16_t low);
  bool Remove(uint16_t low);
  template <typename Visit>
  void ForEach(Visit visit) const;

 private:
  bool AddToRuns(uint16_t low);
  size_t RunCount() const;
  void ConvertTo(Kind wanted);
  void Optimise();
  void PushGrowing(uint16_t value) {
    // A quarter at a time instead of doubling: postings are a good part of a series' memory.
    if (values.size() == values.capacity()) values.reserve(values.size() + values.size() / 4 + 2);
    values.push_back(value);
  }
};

struct PostingSet::Large {
  std::vector<Container> containers;  // By rising high half.

  Container* Find(uint16_t high) {
    const auto at = LowerBound(high);
    return at != containers.end() && at->high == high ? &*at : nullptr;
  }
  std::vector<Container>::iterator LowerBound(uint16_t high) {
    if (!containers.empty() && containers.back().high < high) return containers.end();
    return std::lower_bound(containers.begin(), containers.end(), high,
                            [](const Container& c, uint16_t h) { return c.high < h; });
  }
};

bool PostingSet::Container::Contains(uint16_t low) const {
  switch (kind) {
    case Kind::kArray:
      return std::binary_search(values.begin(), values.end(), low);
    case Kind::kBitmap:
      return (bits[low / 64] >> (low % 64) & 1) != 0;
    case Kind::kRuns:
      break;
  }
  // Bounds alternate first, last, first, last: inside a run an odd number of them is below `low`,
  // or `low` is a bound itself.
  const auto at = std::lower_bound(values.begin(), values.end(), low);
  return at != values.end() && (*at == low || (at - values.begin()) % 2 == 1);
}

bool PostingSet::Container::Add(uint16_t low) {
  const bool is_last = kind != Kind::kBitmap && (values.empty() || values.back() < low);
  if (!is_last && Contains(low)) return false;
  ++size;
  if (kind == Kind::kBitmap) {
    bits[low / 64] |= uint64_t{1} << (low % 64);
    return true;
  }
  if (kind == Kind::kRuns) return AddToRuns(low);
  if (is_last) {
    PushGrowing(low);
  } else {
    values.insert(std::lower_bound(values.begin(), values.end(), low), low);
  }
  // Looked at when the array has doubled, so the cost of looking is spread.
  if (size >= 8 && std::has_single_bit(size)) Optimise();
  if (kind == Kind::kArray && size > kMaxArray) ConvertTo(Kind::kBitmap);
  return true;
}

bool PostingSet::Container::AddToRuns(uint16_t low) {
  if (values.back() + 1 == low) {
    values.back() = low;
    return true;
  }
  const auto at =
      static_cast<size_t>(std::lower_bound(values.begin(), values.end(), low) - values.begin());
  // `low` is between runs, so `at` is the first bound of the next run (or the end).
  const bool joins_left = at > 0 && values[at - 1] + 1 == low;
  const bool joins_right = at < values.size() && values[at] == low + 1;
  if (joins_left && joins_right) {
    values.erase(values.begin() + static_cast<ptrdiff_t>(at) - 1,
                 values.begin() + static_cast<ptrdiff_t>(at) + 1);
  } else if (joins_left) {
    values[at - 1] = low;
  } else if (joins_right) {
    values[at] = low;
  } else {
    values.insert(values.begin() + static_cast<ptrdiff_t>(at), {low, low});
    // A run costs two values, so runs stop paying at one for every two ids.
    if (values.size() > size) ConvertTo(size > kMaxArray ? Kind::kBitmap : Kind::kArray);
  }
  return true;
}

bool PostingSet::Container::Remove(uint16_t low) {
  if (!Contains(low)) return false;
  if (kind == Kind::kRuns) ConvertTo(size > kMaxArray ? Kind::kBitmap : Kind::kArray);
  --size;
  if (kind == Kind::kBitmap) {
    bits[low / 64] &= ~(uint64_t{1} << (low % 64));
    if (size <= kMaxArray / 2) ConvertTo(Kind::kArray);
  } else {
    values.erase(std::lower_bound(values.begin(), values.end(), low));
  }
  return true;
}

template <typename Visit>
void PostingSet::Container::ForEach(Visit visit) const {
  const uint32_t base = uint32_t{high} << 16;
  switch (kind) {
    case Kind::kArray:
      for (const uint16_t low : values) visit(base | low);
      break;
    case Kind::kRuns:
      for (size_t i = 0; i < values.size(); i += 2) {
        for (uint32_t low = values[i]; low <= values[i + 1]; ++low) visit(base | low);
      }
      break;
    case Kind::kBitmap:
      for (uint32_t i = 0; i < kBitmapWords; ++i) {
        for (uint64_t word = bits[i]; word != 0; word &= word - 1) {
          visit(base | (i * 64 + static_cast<uint32_t>(std::countr_zero(word))));
        }
      }
      break;
  }
}

size_t PostingSet::Container::RunCount() const {
  size_t runs = 0;
  for (size_t i = 0; i < values.size(); ++i) runs += i == 0 || values[i] != values[i - 1] + 1;
  return runs;
}

void PostingSet::Container::Optimise() {
  if (kind == Kind::kArray && RunCount() * 4 <= values.size()) ConvertTo(Kind::kRuns);
}

void PostingSet::Container::ConvertTo(Kind wanted) {
  std::vector<uint16_t> converted;
  std::unique_ptr<uint64_t[]> converted_bits;
  if (wanted == Kind::kBitmap) {
    converted_bits = std::make_unique<uint64_t[]>(kBitmapWords);
    ForEach([&](uint32_t id) { converted_bits[(id & 0xffff) / 64] |= uint64_t{1} << (id % 64); });
  } else if (wanted == Kind::kArray) {
    converted.reserve(size);
    ForEach([&](uint32_t id) { converted.push_back(static_cast<uint16_t>(id)); });
  } else {
    ForEach([&](uint32_t id) {
      const auto low = static_cast<uint16_t>(id);
      if (!converted.empty() && converted.back() + 1 == low) {
        converted.back() = low;
      } else {
        converted.insert(converted.end(), {low, low});
      }
    });
    converted.shrink_to_fit();
  }
  values = std::move(converted);
  bits = std::move(converted_bits);
  kind = wanted;
}

PostingSet::PostingSet(PostingSet&& other) noexcept { *this = std::move(other); }

PostingSet& PostingSet::operator=(PostingSet&& other) noexcept {
  if (this == &other) return *this;
  Reset();
  if (other.is_large_) {
    large_ = other.large_;
  } else {
    std::copy_n(other.ids_, kInlineIds, ids_);
  }
  size_ = other.size_;
  is_large_ = other.is_large_;
  other.is_large_ = 0;
  other.size_ = 0;
  return *this;
}

void PostingSet::Reset() {
  if (is_large_) delete large_;
  is_large_ = 0;
  size_ = 0;
}

void PostingSet::GrowOutOfLine() {
  uint32_t ids[kInlineIds];
  const uint32_t count = size_;
  std::copy_n(ids_, kInlineIds, ids);
  large_ = new Large;
  is_large_ = 1;
  size_ = 0;
  for (uint32_t i = 0; i < count; ++i) Add(ids[i]);
}

void PostingSet::Add(uint32_t id) {
  if (!is_large_) {
    uint32_t* const end = ids_ + size_;
    uint32_t* const at = std::lower_bound(ids_, end, id);
    if (at != end && *at == id) return;
    if (size_ < kInlineIds) {
      std::copy_backward(at, end, end + 1);
      *at = id;
      ++size_;
      return;
    }
    GrowOutOfLine();
  }
  const auto high = static_cast<uint16_t>(id >> 16);
  auto at = large_->LowerBound(high);
  if (at == large_->containers.end() || at->high != high) {
    at = large_->containers.insert(at, Container());
    at->high = high;
  }
  if (at->Add(static_cast<uint16_t>(id))) ++size_;
}

void PostingSet::Remove(uint32_t id) {
  if (!is_large_) {
    uint32_t* const end = ids_ + size_;
    uint32_t* const at = std::find(ids_, end, id);
    if (at == end) return;
    std::copy(at + 1, end, at);
    --size_;
    return;
  }
  Container* const container = large_->Find(static_cast<uint16_t>(id >> 16));
  if (container == nullptr || !container->Remove(static_cast<uint16_t>(id))) return;
  --size_;
  if (container->size == 0) {
    large_->containers.erase(large_->LowerBound(container->high));
    if (size_ == 0) Reset();
  }
}

bool PostingSet::Contains(uint32_t id) const {
  if (!is_large_) return std::find(ids_, ids_ + size_, id) != ids_ + size_;
  const Container* const container = large_->Find(static_cast<uint16_t>(id >> 16));
  return container != nullptr && container->Contains(static_cast<uint16_t>(id));
}

void PostingSet::AppendTo(std::vector<uint32_t>& out) const {
  if (!is_large_) {
    out.insert(out.end(), ids_, ids_ + size_);
    return;
  }
  size_t at = out.size();
  out.resize(at + size_);
  for (const Container& container : large_->containers) {
    container.ForEach([&](uint32_t id) { out[at++] = id; });
  }
}

template <bool kKeepMembers>
void PostingSet::Filter(std::vector<uint32_t>& ids) const {
  size_t kept = 0;
  size_t i = 0;
  const auto keep = [&](bool is_member) {
    if (is_member == kKeepMembers) ids[kept++] = ids[i];
  };
  while (i < ids.size()) {
    const auto high = static_cast<uint16_t>(ids[i] >> 16);
    const Container* const container = large_->Find(high);
    const bool is_array = container != nullptr && container->kind == Container::Kind::kArray;
    size_t at = 0;
    for (; i < ids.size() && ids[i] >> 16 == high; ++i) {
      const auto low = static_cast<uint16_t>(ids[i]);
      if (is_array) {
        at = Gallop(container->values.data(), at, container->values.size(), low);
        keep(at < container->values.size() && container->values[at] == low);
      } else {
        keep(container != nullptr && container->Contains(low));
      }
    }
  }
  ids.resize(kept);
}

void PostingSet::Intersect(std::vector<uint32_t>& ids) const {
  if (is_large_) return Filter<true>(ids);
  std::erase_if(ids, [&](uint32_t id) { return !Contains(id); });
}

void PostingSet::Subtract(std::vector<uint32_t>& ids) const {
  if (is_large_) return Filter<false>(ids);
  std::erase_if(ids, [&](uint32_t id) { return Contains(id); });
}

size_t PostingSet::heap_bytes() const {
  if (!is_large_) return 0;
  size_t bytes = sizeof(Large) + large_->containers.capacity() * sizeof(Container);
  for (const Container& container : large_->containers) {
    bytes += container.values.capacity() * sizeof(uint16_t);
    if (container.bits) bytes += kBitmapWords * sizeof(uint64_t);
  }
  return bytes;
}

void IdBitmap::Add(const PostingSet& set) {
  if (!set.is_large_) {
    for (uint32_t i = 0; i < set.size_; ++i) Add(set.ids_[i]);
    return;
  }
  for (const PostingSet::Container& container : set.large_->containers) {
    uint64_t* const block = Block(container.high);
    if (container.kind == PostingSet::Container::Kind::kBitmap) {
      for (size_t i = 0; i < kBlockWords; ++i) block[i] |= container.bits[i];
    } else {
      container.ForEach(
          [&](uint32_t id) { block[(id & 0xffff) / 64] |= uint64_t{1} << (id % 64); });
    }
  }
}

std::vector<uint32_t> IdBitmap::ToIds() const {
  std::vector<uint32_t> ids;
  for (size_t high = 0; high < blocks_.size(); ++high) {
    if (!blocks_[high]) continue;
    for (size_t i = 0; i < kBlockWords; ++i) {
      for (uint64_t word = blocks_[high][i]; word != 0; word &= word - 1) {
        ids.push_back(static_cast<uint32_t>(
            high << 16 | (i * 64 + static_cast<size_t>(std::countr_zero(word)))));
      }
    }
  }
  return ids;
}

}  // namespace tocsin::tsdb

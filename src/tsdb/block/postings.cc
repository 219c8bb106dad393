#include "tsdb/block/postings.h"

#include <algorithm>

namespace tocsin::tsdb {
namespace {

// Beyond so many ids a bitmap is cheaper to fill and walk than lists are to merge.
constexpr size_t kFewIds = 64;

// The first index from `begin` on for which `at(index)` is not below `id`.
template <typename At>
size_t Gallop(size_t begin, size_t size, PostingId id, At at) {
  if (begin >= size || at(begin) >= id) return begin;
  size_t below = begin;
  size_t step = 1;
  while (below + step < size && at(below + step) < id) {
    below += step;
    step *= 2;
  }
  size_t end = std::min(below + step, size);
  ++below;
  while (below < end) {
    const size_t middle = below + (end - below) / 2;
    at(middle) < id ? below = middle + 1 : end = middle;
  }
  return below;
}

template <typename At>
void Filter(std::vector<PostingId>& ids, size_t size, bool keeps_found, At at) {
  size_t kept = 0;
  size_t position = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    position = Gallop(position, size, ids[i], at);
    const bool is_found = position < size && at(position) == ids[i];
    if (is_found == keeps_found) ids[kept++] = ids[i];
  }
  ids.resize(kept);
}

// Keeps of `ids` what is in a much shorter list: walks that one instead.
template <typename At>
void IntersectWithShorter(std::vector<PostingId>& ids, size_t size, At at) {
  std::vector<PostingId> found;
  size_t position = 0;
  for (size_t i = 0; i < size && position < ids.size(); ++i) {
    const PostingId id = at(i);
    position = Gallop(position, ids.size(), id, [&](size_t k) { return ids[k]; });
    if (position < ids.size() && ids[position] == id) found.push_back(id);
  }
  ids = std::move(found);
}

template <typename At>
void Intersect(std::vector<PostingId>& ids, size_t size, At at) {
  if (size < ids.size()) {
    IntersectWithShorter(ids, size, at);
  } else {
    Filter(ids, size, /*keeps_found=*/true, at);
  }
}

// Sets a bit for each id and reads the bits off in order.
std::vector<PostingId> UniteInBitmap(std::span<const PostingsView> lists, PostingId first,
                                     PostingId last) {
  std::vector<uint64_t> words((last - first) / 64 + 1);
  size_t count = 0;
  for (const PostingsView list : lists) {
    count += list.size();
    for (size_t i = 0; i < list.size(); ++i) {
      const PostingId bit = list[i] - first;
      if (bit > last - first) continue;  // A list that does not rise.
      words[bit / 64] |= uint64_t{1} << (bit % 64);
    }
  }
  std::vector<PostingId> ids;
  ids.reserve(count);
  for (size_t i = 0; i < words.size(); ++i) {
    for (uint64_t word = words[i]; word != 0; word &= word - 1) {
      ids.push_back(first + static_cast<PostingId>(i * 64) +
                    static_cast<PostingId>(__builtin_ctzll(word)));
    }
  }
  return ids;
}

std::vector<PostingId> UniteBySorting(std::span<const PostingsView> lists, size_t count) {
  std::vector<PostingId> ids;
  ids.reserve(count);
  for (const PostingsView list : lists) list.AppendTo(ids);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace

size_t PostingsView::LowerBound(size_t begin, PostingId id) const {
  return Gallop(begin, size(), id, [this](size_t i) { return (*this)[i]; });
}

void PostingsView::AppendTo(std::vector<PostingId>& out) const {
  const size_t before = out.size();
  out.resize(before + size());
  for (size_t i = 0; i < size(); ++i) out[before + i] = (*this)[i];
}

void IntersectPostings(std::vector<PostingId>& ids, PostingsView postings) {
  Intersect(ids, postings.size(), [&](size_t i) { return postings[i]; });
}

void SubtractPostings(std::vector<PostingId>& ids, PostingsView postings) {
  Filter(ids, postings.size(), /*keeps_found=*/false, [&](size_t i) { return postings[i]; });
}

void IntersectIds(std::vector<PostingId>& ids, std::span<const PostingId> others) {
  Intersect(ids, others.size(), [&](size_t i) { return others[i]; });
}

void SubtractIds(std::vector<PostingId>& ids, std::span<const PostingId> others) {
  Filter(ids, others.size(), /*keeps_found=*/false, [&](size_t i) { return others[i]; });
}

std::vector<PostingId> UnitePostings(std::span<const PostingsView> lists) {
  PostingId first = UINT32_MAX;
  PostingId last = 0;
  size_t count = 0;
  for (const PostingsView list : lists) {
    if (list.empty()) continue;
    first = std::min(first, list[0]);
    last = std::max(last, list[list.size() - 1]);
    count += list.size();
  }
  if (count == 0) return {};
  // A bitmap takes a bit an id in the range, sorting about as much as 64 bits each.
  const bool is_sparse = (last - first) / kFewIds > count;
  return is_sparse ? UniteBySorting(lists, count) : UniteInBitmap(lists, first, last);
}

}  // namespace tocsin::tsdb

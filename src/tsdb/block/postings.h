#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tocsin::tsdb {

/// A series in an index: its offset in the file, divided by 16 in version 2. Rises with the labels.
using PostingId = uint32_t;

/// A postings list as it lies in the file: big-endian numbers that rise. Borrowed from the mapping.
class PostingsView {
 public:
  PostingsView() = default;
  explicit PostingsView(std::string_view bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size() / 4; }
  bool empty() const { return bytes_.empty(); }
  PostingId operator[](size_t index) const {
    uint32_t big_endian;
    __builtin_memcpy(&big_endian, bytes_.data() + index * 4, 4);
    return __builtin_bswap32(big_endian);
  }
  /// The first index from `begin` on whose id is not below `id`; gallops, so short hops are cheap.
  size_t LowerBound(size_t begin, PostingId id) const;
  void AppendTo(std::vector<PostingId>& out) const;

 private:
  std::string_view bytes_;
};

/// Keeps of `ids` (rising) what is in `postings`.
void IntersectPostings(std::vector<PostingId>& ids, PostingsView postings);
/// Keeps of `ids` (rising) what is not in `postings`.
void SubtractPostings(std::vector<PostingId>& ids, PostingsView postings);
/// All ids of all lists, rising, once each.
std::vector<PostingId> UnitePostings(std::span<const PostingsView> lists);
/// As above, with the other side as rising ids.
void IntersectIds(std::vector<PostingId>& ids, std::span<const PostingId> others);
void SubtractIds(std::vector<PostingId>& ids, std::span<const PostingId> others);

}  // namespace tocsin::tsdb

#include "tsdb/block/postings_writer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/index_format.h"

namespace tocsin::tsdb {
namespace {

// Postings gathered in one pass over the series, unless there are more series: 12 MiB.
constexpr uint64_t kPostingsPerPass = uint64_t{1} << 20;
// A list is summed and handed on in pieces of so many ids.
constexpr size_t kIdsPerPiece = size_t{1} << 14;

// Length, count, ids, checksum.
constexpr uint64_t ListBytes(uint64_t series_count) { return 4 + 4 + 4 * series_count + 4; }

constexpr uint64_t PadSeries(uint64_t offset) {
  return (offset + kSeriesAlignment - 1) / kSeriesAlignment * kSeriesAlignment;
}

void AppendTableEntry(std::string& out, std::string_view name, std::string_view value,
                      uint64_t offset) {
  PutUvarint(out, kPostingsTableKeys);
  PutUvarint(out, name.size());
  out += name;
  PutUvarint(out, value.size());
  out += value;
  PutUvarint(out, offset);
}

}  // namespace

PostingsWriter::PostingsWriter(BufferedFile& file, const SymbolIds& symbols,
                               std::string_view series, uint64_t series_offset,
                               uint32_t series_count)
    : file_(file),
      symbols_(symbols),
      series_(series),
      series_offset_(series_offset),
      series_count_(series_count),
      by_symbol_(symbols.size()) {}

template <typename Visit>
Status PostingsWriter::ForEachSeries(Visit visit) const {
  uint64_t offset = PadSeries(series_offset_);
  for (uint32_t i = 0; i < series_count_; ++i) {
    ByteReader reader(series_.substr(std::min<uint64_t>(offset, series_.size())));
    const std::string_view entry = reader.ReadUvarintBytes();
    reader.ReadBytes(kIndexCrcBytes);
    if (reader.failed()) {
      return Errorf(ErrorCode::kInternal, "series written at {} cannot be read back", offset);
    }
    visit(static_cast<PostingId>(offset / kSeriesAlignment), entry);
    offset = PadSeries(series_.size() - reader.remaining());
  }
  return {};
}

Status PostingsWriter::WriteLists(std::span<const NameUse> names) {
  TOCSIN_RETURN_IF_ERROR(file_.PadTo(4));
  lists_offset_ = file_.offset();
  TOCSIN_RETURN_IF_ERROR(WriteAllSeries());
  const uint64_t max_postings = std::max<uint64_t>(series_count_, kPostingsPerPass);
  for (size_t begin = 0; begin < names.size();) {
    size_t end = begin;
    uint64_t count = 0;
    do {
      count += names[end++].series_count;
    } while (end < names.size() && count + names[end].series_count <= max_postings);
    TOCSIN_RETURN_IF_ERROR(WriteNames(names.subspan(begin, end - begin)));
    begin = end;
  }
  return {};
}

Status PostingsWriter::WriteAllSeries() {
  std::vector<PostingId> ids;
  ids.reserve(series_count_);
  TOCSIN_RETURN_IF_ERROR(ForEachSeries([&](PostingId id, std::string_view) { ids.push_back(id); }));
  return WriteList(ids);
}

Status PostingsWriter::WriteNames(std::span<const NameUse> names) {
  std::vector<std::vector<Use>> uses(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    uses[i].reserve(names[i].series_count);
    by_symbol_[names[i].name] = static_cast<uint32_t>(i + 1);
  }
  TOCSIN_RETURN_IF_ERROR(ForEachSeries([&](PostingId id, std::string_view bytes) {
    SeriesEntry entry(bytes);
    for (SymbolPair pair; entry.NextLabel(pair);) {
      const uint32_t slot = by_symbol_[pair.name];
      if (slot != 0) uses[slot - 1].push_back({pair.value, id});
    }
  }));
  for (const NameUse& name : names) by_symbol_[name.name] = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    TOCSIN_RETURN_IF_ERROR(WriteName(names[i].name, uses[i]));
    std::vector<Use>().swap(uses[i]);
  }
  return {};
}

// Sorts by counting: symbols are numbers, in order of their texts.
Status PostingsWriter::WriteName(SymbolRef name, std::vector<Use>& uses) {
  std::vector<SymbolRef> values;
  for (const Use& use : uses) {
    if (by_symbol_[use.value]++ == 0) values.push_back(use.value);
  }
  std::ranges::sort(values);
  NameLists& lists = written_.emplace_back();
  lists.name = name;
  lists.lists.reserve(values.size());
  uint32_t begin = 0;
  for (const SymbolRef value : values) {
    lists.lists.push_back({value, by_symbol_[value]});
    begin += std::exchange(by_symbol_[value], begin);
  }
  std::vector<PostingId> ids(uses.size());
  for (const Use& use : uses) ids[by_symbol_[use.value]++] = use.id;
  const PostingId* at = ids.data();
  for (const ValueList& list : lists.lists) {
    by_symbol_[list.value] = 0;
    TOCSIN_RETURN_IF_ERROR(WriteList({at, list.series_count}));
    at += list.series_count;
  }
  return {};
}

Status PostingsWriter::WriteList(std::span<const PostingId> ids) {
  scratch_.clear();
  PutBE32(scratch_, static_cast<uint32_t>(4 + 4 * ids.size()));
  TOCSIN_RETURN_IF_ERROR(file_.Append(scratch_));
  scratch_.clear();
  PutBE32(scratch_, static_cast<uint32_t>(ids.size()));
  uint32_t crc = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    PutBE32(scratch_, ids[i]);
    if (scratch_.size() < kIdsPerPiece * 4) continue;
    crc = Crc32c(scratch_, crc);
    TOCSIN_RETURN_IF_ERROR(file_.Append(scratch_));
    scratch_.clear();
  }
  PutBE32(scratch_, Crc32c(scratch_, crc));
  return file_.Append(scratch_);
}

// Where each list begins is not remembered: it follows from the lengths of those before.
template <typename Visit>
Status PostingsWriter::ForEachTableEntry(Visit visit) const {
  uint64_t offset = lists_offset_;
  TOCSIN_RETURN_IF_ERROR(visit("", "", offset));
  offset += ListBytes(series_count_);
  for (const NameLists& name : written_) {
    for (const ValueList& list : name.lists) {
      TOCSIN_RETURN_IF_ERROR(
          visit(symbols_.TextOf(name.name), symbols_.TextOf(list.value), offset));
      offset += ListBytes(list.series_count);
    }
  }
  return {};
}

Status PostingsWriter::WriteTable() {
  uint64_t size = 4;
  uint32_t count = 0;
  TOCSIN_RETURN_IF_ERROR(ForEachTableEntry(
      [&](std::string_view name, std::string_view value, uint64_t offset) -> Status {
        scratch_.clear();
        AppendTableEntry(scratch_, name, value, offset);
        size += scratch_.size();
        ++count;
        return {};
      }));
  if (size > UINT32_MAX) {
    return Error(ErrorCode::kTooLarge, "postings offset table: length size exceeds 4 bytes");
  }
  scratch_.clear();
  PutBE32(scratch_, static_cast<uint32_t>(size));
  TOCSIN_RETURN_IF_ERROR(file_.Append(scratch_));
  scratch_.clear();
  PutBE32(scratch_, count);
  uint32_t crc = Crc32c(scratch_);
  TOCSIN_RETURN_IF_ERROR(file_.Append(scratch_));
  TOCSIN_RETURN_IF_ERROR(
      ForEachTableEntry([&](std::string_view name, std::string_view value, uint64_t offset) {
        scratch_.clear();
        AppendTableEntry(scratch_, name, value, offset);
        crc = Crc32c(scratch_, crc);
        return file_.Append(scratch_);
      }));
  scratch_.clear();
  PutBE32(scratch_, crc);
  return file_.Append(scratch_);
}

}  // namespace tocsin::tsdb

// index_writer.cc draws the bytes. Version 1 differs so: symbols are referred to by their offset in
// the file, series by their offset without division, series are not aligned, label indices are
// there (and not read), and the table of postings is not sorted.
#include "tsdb/block/index_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/index_format.h"

namespace tocsin::tsdb {
namespace {

// Every how many symbols an offset is kept: half a byte each, and on average four skips a lookup.
constexpr uint32_t kSymbolsPerSample = 8;
// The same for the values of a label name; upstream's number.
constexpr uint32_t kValuesPerSample = 32;
// What a label set can hold (model/labels.h).
constexpr size_t kMaxSymbolBytes = (size_t{1} << 24) - 1;

struct TableEntry {
  std::string_view name;
  std::string_view value;
  uint64_t postings_offset = 0;
};

bool ReadTableEntry(ByteReader& reader, TableEntry& entry) {
  if (reader.ReadUvarint() != kPostingsTableKeys) return false;
  entry.name = reader.ReadUvarintBytes();
  entry.value = reader.ReadUvarintBytes();
  entry.postings_offset = reader.ReadUvarint();
  return !reader.failed();
}

}  // namespace

IndexReader::IndexReader(std::unique_ptr<MappedFile> file, std::string path)
    : file_(std::move(file)), path_(std::move(path)), bytes_(file_->bytes()) {}

Result<std::unique_ptr<IndexReader>> IndexReader::Open(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file, fs.Map(path));
  std::unique_ptr<IndexReader> reader(new IndexReader(std::move(file), path));
  TOCSIN_RETURN_IF_ERROR(reader->ReadHeader());
  TOCSIN_RETURN_IF_ERROR(reader->ReadSections());
  TOCSIN_RETURN_IF_ERROR(reader->ReadSymbols());
  TOCSIN_RETURN_IF_ERROR(reader->ReadPostingsTable());
  return reader;
}

Error IndexReader::Corrupt(uint64_t offset, std::string_view reason) const {
  return Errorf(ErrorCode::kCorruption, "{} at {}: {}", path_, offset, reason);
}

Status IndexReader::ReadHeader() {
  if (bytes_.size() < kIndexHeaderBytes + kIndexSectionsBytes) {
    return Corrupt(bytes_.size(), "shorter than header and table of contents");
  }
  ByteReader header(bytes_);
  if (header.ReadBE32() != kIndexMagic) return Corrupt(0, "bad magic number");
  version_ = header.ReadByte();
  // Version 3 is read as 2, as upstream does.
  if (version_ < 1 || version_ > 3) {
    return Corrupt(4, fmt::format("unknown version {}", version_));
  }
  return {};
}

Status IndexReader::ReadSections() {
  const uint64_t offset = bytes_.size() - kIndexSectionsBytes;
  const std::string_view summed = bytes_.substr(offset, kIndexSectionsBytes - kIndexCrcBytes);
  ByteReader reader(summed);
  for (uint64_t* section :
       {&sections_.symbols, &sections_.series, &sections_.label_indices,
        &sections_.label_indices_table, &sections_.postings, &sections_.postings_table}) {
    *section = reader.ReadBE64();
  }
  if (ByteReader(bytes_.substr(offset + summed.size())).ReadBE32() != Crc32c(summed)) {
    return Corrupt(offset, "checksum of table of contents does not match");
  }
  for (const uint64_t section : {sections_.symbols, sections_.series, sections_.postings_table}) {
    if (section < kIndexHeaderBytes || section >= offset) {
      return Corrupt(offset, "table of contents points outside the file");
    }
  }
  return {};
}

Result<std::string_view> IndexReader::SectionAt(uint64_t offset, std::string_view what) const {
  if (offset >= bytes_.size()) {
    return Corrupt(offset, fmt::format("{} outside the file", what));
  }
  ByteReader reader(bytes_.substr(offset));
  const std::string_view content = reader.ReadBytes(reader.ReadBE32());
  const uint32_t crc = reader.ReadBE32();
  if (reader.failed()) return Corrupt(offset, fmt::format("{} ends early", what));
  if (Crc32c(content) != crc) {
    return Corrupt(offset, fmt::format("checksum of {} does not match", what));
  }
  return content;
}

Status IndexReader::ReadSymbols() {
  TOCSIN_ASSIGN_OR_RETURN(const std::string_view content, SectionAt(sections_.symbols, "symbols"));
  symbols_end_ = sections_.symbols + 4 + content.size();
  ByteReader reader(content);
  symbol_count_ = reader.ReadBE32();
  if (reader.failed()) return Corrupt(sections_.symbols, "symbols without their number");
  std::string_view last;
  for (uint32_t i = 0; i < symbol_count_; ++i) {
    const auto offset = static_cast<uint32_t>(content.size() - reader.remaining());
    if (i % kSymbolsPerSample == 0) symbol_samples_.push_back(offset);
    const std::string_view symbol = reader.ReadUvarintBytes();
    const bool is_sorted = i == 0 || symbol > last;
    if (reader.failed() || !is_sorted || symbol.size() > kMaxSymbolBytes) {
      return Corrupt(
          sections_.symbols + 4 + offset,
          fmt::format("symbol {} of {} ends early, is too long or out of order", i, symbol_count_));
    }
    last = symbol;
  }
  symbol_samples_.shrink_to_fit();
  return {};
}

Result<std::string_view> IndexReader::Symbol(SymbolRef ref) const {
  const uint64_t begin = sections_.symbols + 4;
  if (version_ == 1) {
    if (ref < begin + 4 || ref >= symbols_end_) return Corrupt(ref, "symbol outside its section");
    ByteReader reader(bytes_.substr(ref, symbols_end_ - ref));
    const std::string_view symbol = reader.ReadUvarintBytes();
    if (reader.failed() || symbol.size() > kMaxSymbolBytes) return Corrupt(ref, "malformed symbol");
    return symbol;
  }
  if (ref >= symbol_count_) {
    return Corrupt(begin, fmt::format("symbol {} of {} asked for", ref, symbol_count_));
  }
  const uint64_t at = begin + symbol_samples_[ref / kSymbolsPerSample];
  ByteReader reader(bytes_.substr(at, symbols_end_ - at));
  for (uint32_t skip = ref % kSymbolsPerSample; skip > 0; --skip) reader.ReadUvarintBytes();
  return reader.ReadUvarintBytes();
}

std::optional<SymbolRef> IndexReader::FindSymbol(std::string_view text) const {
  const uint64_t begin = sections_.symbols + 4;
  const auto text_at = [&](uint32_t sample) {
    return ByteReader(bytes_.substr(begin + sample, symbols_end_ - begin - sample))
        .ReadUvarintBytes();
  };
  const auto after = std::ranges::partition_point(
      symbol_samples_, [&](uint32_t sample) { return text_at(sample) <= text; });
  if (after == symbol_samples_.begin()) return std::nullopt;
  const auto sample = static_cast<uint32_t>(after - symbol_samples_.begin()) - 1;
  ByteReader reader(bytes_.substr(begin + symbol_samples_[sample],
                                  symbols_end_ - begin - symbol_samples_[sample]));
  const uint32_t first = sample * kSymbolsPerSample;
  const uint32_t end = std::min(symbol_count_, first + kSymbolsPerSample);
  for (uint32_t i = first; i < end; ++i) {
    const uint64_t offset = symbols_end_ - reader.remaining();
    if (reader.ReadUvarintBytes() == text) {
      return version_ == 1 ? static_cast<SymbolRef>(offset) : i;
    }
  }
  return std::nullopt;
}

void IndexReader::ForEachSymbol(
    const std::function<void(SymbolRef, std::string_view)>& visit) const {
  const uint64_t begin = sections_.symbols + 8;
  ByteReader reader(bytes_.substr(begin, symbols_end_ - begin));
  for (uint32_t i = 0; i < symbol_count_; ++i) {
    const uint64_t offset = symbols_end_ - reader.remaining();
    const std::string_view symbol = reader.ReadUvarintBytes();
    visit(version_ == 1 ? static_cast<SymbolRef>(offset) : i, symbol);
  }
}

Status IndexReader::ReadPostingsTable() {
  TOCSIN_ASSIGN_OR_RETURN(const std::string_view table,
                          SectionAt(sections_.postings_table, "postings table"));
  TOCSIN_RETURN_IF_ERROR(IndexPostingsTable(table));
  if (version_ == 1) SortVersion1Entries();
  samples_.shrink_to_fit();
  names_.shrink_to_fit();
  // The entry of all series has the empty name, which sorts first.
  if (names_.empty() || !names_.front().name.empty()) {
    return Corrupt(sections_.postings_table, "no list of all series");
  }
  all_ = names_.front();
  names_.erase(names_.begin());
  return {};
}

Status IndexReader::IndexPostingsTable(std::string_view table) {
  ByteReader reader(table);
  const uint32_t count = reader.ReadBE32();
  const uint32_t values_per_sample = version_ == 1 ? 1 : kValuesPerSample;
  TableEntry last;
  for (uint32_t i = 0; i < count; ++i) {
    const auto offset = static_cast<uint32_t>(table.size() - reader.remaining());
    TableEntry entry;
    if (!ReadTableEntry(reader, entry) || entry.postings_offset >= bytes_.size()) {
      return Corrupt(sections_.postings_table + 4 + offset,
                     fmt::format("malformed entry {} of {} in the postings table", i, count));
    }
    const bool is_same_name = i > 0 && entry.name == last.name;
    if (version_ != 1 && i > 0 &&
        (is_same_name ? entry.value <= last.value : entry.name < last.name)) {
      return Corrupt(sections_.postings_table + 4 + offset, "postings table is not sorted");
    }
    if (!is_same_name) {
      names_.push_back({entry.name, 0, static_cast<uint32_t>(samples_.size()), 0});
    }
    NameEntries& name = names_.back();
    if (name.count++ % values_per_sample == 0) {
      samples_.push_back(offset);
      ++name.sample_count;
    }
    last = entry;
  }
  return {};
}

// Every entry has a sample: they are put in order of name and value.
void IndexReader::SortVersion1Entries() {
  const auto entry_at = [this](uint32_t sample) {
    ByteReader reader(bytes_.substr(sections_.postings_table + 4 + sample));
    TableEntry entry;
    ReadTableEntry(reader, entry);
    return std::pair(entry.name, entry.value);
  };
  std::sort(samples_.begin(), samples_.end(),
            [&](uint32_t a, uint32_t b) { return entry_at(a) < entry_at(b); });
  const auto is_same = [&](uint32_t a, uint32_t b) { return entry_at(a) == entry_at(b); };
  samples_.erase(std::unique(samples_.begin(), samples_.end(), is_same), samples_.end());
  names_.clear();
  for (uint32_t i = 0; i < samples_.size(); ++i) {
    const std::string_view name = entry_at(samples_[i]).first;
    if (names_.empty() || names_.back().name != name) names_.push_back({name, 0, i, 0});
    ++names_.back().count;
    ++names_.back().sample_count;
  }
}

const IndexReader::NameEntries* IndexReader::FindName(std::string_view name) const {
  if (name.empty()) return &all_;
  const auto found = std::ranges::lower_bound(names_, name, {}, &NameEntries::name);
  return found != names_.end() && found->name == name ? &*found : nullptr;
}

size_t IndexReader::ValueCount(std::string_view name) const {
  const NameEntries* entries = FindName(name);
  return entries ? entries->count : 0;
}

void IndexReader::ForEachValue(std::string_view name, std::string_view first,
                               const std::function<bool(std::string_view, uint64_t)>& visit) const {
  const NameEntries* entries = FindName(name);
  if (!entries) return;
  const std::string_view table = bytes_.substr(sections_.postings_table + 4);
  const auto read_at = [&](uint32_t sample) {
    ByteReader reader(table.substr(sample));
    TableEntry entry;
    ReadTableEntry(reader, entry);
    return entry;
  };
  const auto begin = samples_.begin() + entries->first_sample;
  const auto end = begin + entries->sample_count;
  auto at = std::partition_point(begin, end,
                                 [&](uint32_t sample) { return read_at(sample).value < first; });
  if (version_ == 1) {
    for (; at != end; ++at) {
      const TableEntry entry = read_at(*at);
      if (!visit(entry.value, entry.postings_offset)) return;
    }
    return;
  }
  if (at != begin) --at;
  ByteReader reader(table.substr(*at));
  const auto skipped = static_cast<uint32_t>(at - begin) * kValuesPerSample;
  for (uint32_t left = entries->count - skipped; left > 0; --left) {
    TableEntry entry;
    if (!ReadTableEntry(reader, entry)) return;  // Open has seen all entries: does not happen.
    if (entry.value >= first && !visit(entry.value, entry.postings_offset)) return;
  }
}

Result<PostingsView> IndexReader::Postings(std::string_view name, std::string_view value) const {
  uint64_t offset = 0;
  ForEachValue(name, value, [&](std::string_view found, uint64_t found_offset) {
    if (found == value) offset = found_offset;
    return false;
  });
  if (offset == 0) return PostingsView();
  return PostingsAt(offset);
}

Result<PostingsView> IndexReader::PostingsAt(uint64_t offset) const {
  TOCSIN_ASSIGN_OR_RETURN(const std::string_view content, SectionAt(offset, "postings"));
  ByteReader reader(content);
  const uint64_t count = reader.ReadBE32();
  if (reader.failed() || reader.remaining() != count * 4) {
    return Corrupt(offset, "postings are not as many as they say");
  }
  return PostingsView(reader.rest());
}

Result<SeriesEntry> IndexReader::Series(PostingId id) const {
  const uint64_t offset = OffsetOf(id);
  if (offset < sections_.series || offset >= bytes_.size()) {
    return Corrupt(offset, "series outside its section");
  }
  ByteReader reader(bytes_.substr(offset));
  const std::string_view entry = reader.ReadUvarintBytes();
  const uint32_t crc = reader.ReadBE32();
  if (reader.failed()) return Corrupt(offset, "series ends early");
  if (Crc32c(entry) != crc) return Corrupt(offset, "checksum of series does not match");
  return SeriesEntry(entry);
}

Result<Labels> IndexReader::LabelsOf(PostingId id) const {
  TOCSIN_ASSIGN_OR_RETURN(SeriesEntry entry, Series(id));
  std::string encoded;
  for (SymbolPair pair; entry.NextLabel(pair);) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string_view name, Symbol(pair.name));
    TOCSIN_ASSIGN_OR_RETURN(const std::string_view value, Symbol(pair.value));
    AppendLabelString(encoded, name);
    AppendLabelString(encoded, value);
  }
  if (entry.failed()) return Corrupt(OffsetOf(id), "malformed labels of series");
  return Labels::FromEncoded(std::move(encoded));
}

Status IndexReader::ChunksOf(PostingId id, std::vector<ChunkMeta>& out) const {
  out.clear();
  TOCSIN_ASSIGN_OR_RETURN(SeriesEntry entry, Series(id));
  entry.SkipLabels();
  for (ChunkMeta chunk; entry.NextChunk(chunk);) {
    const bool rises = out.empty() || chunk.min_time_ms > out.back().max_time_ms;
    if (!rises || chunk.max_time_ms < chunk.min_time_ms) {
      return Corrupt(OffsetOf(id), "chunks of series do not rise in time");
    }
    out.push_back(chunk);
  }
  if (entry.failed()) return Corrupt(OffsetOf(id), "malformed chunks of series");
  return {};
}

}  // namespace tocsin::tsdb

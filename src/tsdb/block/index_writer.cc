// index    := magic(BE32 0xBAAAD700) version(1, 2) symbols series* pad postings* table sections
// symbols  := size(BE32) count(BE32) { length(uvarint) text } crc(BE32)
// series   := pad-to-16 size(uvarint) entry crc(BE32)          (series_entry.cc draws the entry)
// postings := pad-to-4 size(BE32) count(BE32) { id(BE32) } crc(BE32)
// table    := size(BE32) count(BE32)
//             { 2 length(uvarint) name length(uvarint) value offset(uvarint) } crc(BE32)
// sections := symbols series label_indices label_indices_table postings table (BE64 each) crc(BE32)
//
// Sizes are of what lies between them and the checksum, which is of the same bytes. There are no
// label indices: as in upstream, their place is empty.
#include "tsdb/block/index_writer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/varint.h"
#include "tsdb/block/buffered_file.h"
#include "tsdb/block/index_format.h"
#include "tsdb/block/index_reader.h"
#include "tsdb/block/postings_writer.h"
#include "tsdb/block/symbol_ids.h"

namespace tocsin::tsdb {
namespace {

constexpr char kVersion = 2;

Error Refuse(std::string_view what, const Labels& labels) {
  return Errorf(ErrorCode::kInvalidArgument, "{} in series {}", what, labels.ToString());
}

class StreamingIndexWriter final : public IndexWriter {
 public:
  StreamingIndexWriter(Fs& fs, std::string path, std::unique_ptr<BufferedFile> file)
      : fs_(fs), path_(std::move(path)), file_(std::move(file)) {}

  Status Begin() {
    PutBE32(scratch_, kIndexMagic);
    scratch_.push_back(kVersion);
    return file_->Append(scratch_);
  }
  Status AddSymbols(std::span<const std::string_view> sorted) override;
  Status AddSeries(const Labels& labels, std::span<const ChunkMeta> chunks) override;
  Status Finish() override;
  uint64_t series_count() const override { return series_count_; }
  uint64_t size_bytes() const override { return file_->offset(); }

 private:
  Status CheckChunks(const Labels& labels, std::span<const ChunkMeta> chunks);
  Status LookUpLabels(const Labels& labels);
  void AppendEntry(std::span<const ChunkMeta> chunks);
  std::vector<PostingsWriter::NameUse> UsedNames() const;
  Status WriteSections();

  Fs& fs_;
  const std::string path_;
  const std::unique_ptr<BufferedFile> file_;
  IndexSections sections_;
  std::unique_ptr<SymbolIds> symbols_;
  std::vector<uint32_t> name_uses_;  // By symbol.
  Labels last_labels_;
  std::vector<SymbolPair> last_pairs_;  // Of last_labels_.
  std::vector<SymbolPair> pairs_;
  uint64_t last_chunk_ref_ = 0;
  uint32_t series_count_ = 0;
  std::string scratch_;
};

Status StreamingIndexWriter::AddSymbols(std::span<const std::string_view> sorted) {
  uint64_t size = 4;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && sorted[i] <= sorted[i - 1]) {
      return Errorf(ErrorCode::kInvalidArgument, "symbol {} out-of-order", GoQuote(sorted[i]));
    }
    scratch_.clear();
    PutUvarint(scratch_, sorted[i].size());
    size += scratch_.size() + sorted[i].size();
  }
  if (size > UINT32_MAX) {
    return Errorf(ErrorCode::kTooLarge, "symbol table size exceeds {} bytes: {}", UINT32_MAX, size);
  }
  sections_.symbols = file_->offset();
  scratch_.clear();
  PutBE32(scratch_, static_cast<uint32_t>(size));
  TOCSIN_RETURN_IF_ERROR(file_->Append(scratch_));
  scratch_.clear();
  PutBE32(scratch_, static_cast<uint32_t>(sorted.size()));
  uint32_t crc = Crc32c(scratch_);
  TOCSIN_RETURN_IF_ERROR(file_->Append(scratch_));
  const uint64_t first_symbol = file_->offset();
  for (const std::string_view symbol : sorted) {
    scratch_.clear();
    PutUvarint(scratch_, symbol.size());
    scratch_ += symbol;
    crc = Crc32c(scratch_, crc);
    TOCSIN_RETURN_IF_ERROR(file_->Append(scratch_));
  }
  scratch_.clear();
  PutBE32(scratch_, crc);
  TOCSIN_RETURN_IF_ERROR(file_->Append(scratch_));
  sections_.series = file_->offset();
  TOCSIN_RETURN_IF_ERROR(file_->Flush());
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> mapped, fs_.Map(path_));
  symbols_ = std::make_unique<SymbolIds>(std::move(mapped), first_symbol,
                                         static_cast<uint32_t>(sorted.size()));
  name_uses_.resize(sorted.size());
  return {};
}

Status StreamingIndexWriter::CheckChunks(const Labels& labels, std::span<const ChunkMeta> chunks) {
  uint64_t last_ref = last_chunk_ref_;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].ref < last_ref) return Refuse("unsorted chunk reference", labels);
    if (i > 0 && chunks[i].min_time_ms <= chunks[i - 1].max_time_ms) {
      return Refuse("chunk that begins before the last ends", labels);
    }
    if (chunks[i].max_time_ms < chunks[i].min_time_ms) {
      return Refuse("chunk that ends before it begins", labels);
    }
    last_ref = chunks[i].ref;
  }
  last_chunk_ref_ = last_ref;
  return {};
}

// Series come sorted, so most labels are those of the series before, at the same place.
Status StreamingIndexWriter::LookUpLabels(const Labels& labels) {
  pairs_.clear();
  auto last = last_labels_.begin();
  for (const LabelView label : labels) {
    SymbolPair pair;
    const size_t place = pairs_.size();
    const bool has_last = last != last_labels_.end();
    if (has_last && (*last).name == label.name) {
      pair = last_pairs_[place];
      if ((*last).value != label.value) pair.value = UINT32_MAX;
    } else {
      pair = {UINT32_MAX, UINT32_MAX};
    }
    if (has_last) ++last;
    for (const auto& [text, id] : {std::pair(label.name, &pair.name), {label.value, &pair.value}}) {
      if (*id != UINT32_MAX) continue;
      const auto found = symbols_ ? symbols_->Find(text) : std::nullopt;
      if (!found) {
        return Errorf(ErrorCode::kInvalidArgument, "symbol entry for {} does not exist",
                      GoQuote(text));
      }
      *id = *found;
    }
    pairs_.push_back(pair);
  }
  return {};
}

Status StreamingIndexWriter::AddSeries(const Labels& labels, std::span<const ChunkMeta> chunks) {
  if (series_count_ > 0 ? labels <= last_labels_ : labels.empty()) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "out-of-order series added with label set {}, last label set {}",
                  labels.ToString(), last_labels_.ToString());
  }
  TOCSIN_RETURN_IF_ERROR(CheckChunks(labels, chunks));
  TOCSIN_RETURN_IF_ERROR(LookUpLabels(labels));
  TOCSIN_RETURN_IF_ERROR(file_->PadTo(kSeriesAlignment));
  if (file_->offset() / kSeriesAlignment > UINT32_MAX) {
    return Errorf(ErrorCode::kTooLarge, "\"{}\" exceeding max size of 64GiB", path_);
  }
  AppendEntry(chunks);
  std::string size;
  PutUvarint(size, scratch_.size());
  PutBE32(scratch_, Crc32c(scratch_));
  TOCSIN_RETURN_IF_ERROR(file_->Append(size));
  TOCSIN_RETURN_IF_ERROR(file_->Append(scratch_));
  for (const SymbolPair pair : pairs_) ++name_uses_[pair.name];
  ++series_count_;
  last_labels_ = labels;
  last_pairs_.swap(pairs_);
  return {};
}

// Into scratch_, from pairs_.
void StreamingIndexWriter::AppendEntry(std::span<const ChunkMeta> chunks) {
  scratch_.clear();
  PutUvarint(scratch_, pairs_.size());
  for (const SymbolPair pair : pairs_) {
    PutUvarint(scratch_, pair.name);
    PutUvarint(scratch_, pair.value);
  }
  PutUvarint(scratch_, chunks.size());
  const auto distance = [](int64_t from, int64_t to) {
    return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  };
  for (size_t i = 0; i < chunks.size(); ++i) {
    const ChunkMeta& chunk = chunks[i];
    if (i == 0) {
      PutVarint(scratch_, chunk.min_time_ms);
    } else {
      PutUvarint(scratch_, distance(chunks[i - 1].max_time_ms, chunk.min_time_ms));
    }
    PutUvarint(scratch_, distance(chunk.min_time_ms, chunk.max_time_ms));
    if (i == 0) {
      PutUvarint(scratch_, chunk.ref);
    } else {
      PutVarint(scratch_, static_cast<int64_t>(chunk.ref - chunks[i - 1].ref));
    }
  }
}

std::vector<PostingsWriter::NameUse> StreamingIndexWriter::UsedNames() const {
  std::vector<PostingsWriter::NameUse> names;
  for (SymbolRef symbol = 0; symbol < name_uses_.size(); ++symbol) {
    if (name_uses_[symbol] > 0) names.push_back({symbol, name_uses_[symbol]});
  }
  return names;
}

Status StreamingIndexWriter::Finish() {
  if (!symbols_) TOCSIN_RETURN_IF_ERROR(AddSymbols({}));
  sections_.label_indices = file_->offset();
  sections_.postings = file_->offset();
  TOCSIN_RETURN_IF_ERROR(file_->Flush());
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> mapped, fs_.Map(path_));
  PostingsWriter postings(*file_, *symbols_, mapped->bytes(), sections_.series, series_count_);
  TOCSIN_RETURN_IF_ERROR(postings.WriteLists(UsedNames()));
  sections_.label_indices_table = file_->offset();
  sections_.postings_table = file_->offset();
  TOCSIN_RETURN_IF_ERROR(postings.WriteTable());
  TOCSIN_RETURN_IF_ERROR(WriteSections());
  return file_->Finish();
}

Status StreamingIndexWriter::WriteSections() {
  scratch_.clear();
  for (const uint64_t offset :
       {sections_.symbols, sections_.series, sections_.label_indices, sections_.label_indices_table,
        sections_.postings, sections_.postings_table}) {
    PutBE64(scratch_, offset);
  }
  PutBE32(scratch_, Crc32c(scratch_));
  return file_->Append(scratch_);
}

}  // namespace

Result<std::unique_ptr<IndexWriter>> IndexWriter::Create(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(std::unique_ptr<BufferedFile> file, BufferedFile::Create(fs, path));
  auto writer = std::make_unique<StreamingIndexWriter>(fs, path, std::move(file));
  TOCSIN_RETURN_IF_ERROR(writer->Begin());
  return std::unique_ptr<IndexWriter>(std::move(writer));
}

}  // namespace tocsin::tsdb

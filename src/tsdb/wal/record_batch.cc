#include "tsdb/wal/record_batch.h"

#include "base/compression.h"

namespace tocsin::tsdb {

void RecordBatch::Assign(std::span<const std::string_view> records, WalCompression compression) {
  entries_.clear();
  saved_bytes_ = 0;
  if (compressed_.size() < records.size()) compressed_.resize(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    entries_.push_back(Compress(records[i], compression, compressed_[i]));
    saved_bytes_ += records[i].size() - entries_.back().payload.size();
  }
}

RecordBatch::Entry RecordBatch::Compress(std::string_view record, WalCompression compression,
                                         std::string& out) {
  if (compression == WalCompression::kNone || record.empty()) return {record, 0};
  const bool is_snappy = compression == WalCompression::kSnappy;
  is_snappy ? SnappyCompress(record, out) : ZstdCompress(record, out);
  if (out.size() >= record.size()) return {record, 0};
  return {out, is_snappy ? kSnappyFlag : kZstdFlag};
}

}  // namespace tocsin::tsdb

#include "tsdb/wal/repair.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "tsdb/wal/record_batch.h"
#include "tsdb/wal/segment_reader.h"
#include "tsdb/wal/segment_writer.h"

namespace tocsin::tsdb {
namespace {

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// The start of the last page of `file` that does not begin inside a record.
Result<uint64_t> FindLastRecordPage(const ReadableFile& file) {
  const uint64_t size_bytes = file.size_bytes();
  uint64_t page_offset = size_bytes == 0 ? 0 : (size_bytes - 1) / kWalPageBytes * kWalPageBytes;
  for (; page_offset > 0; page_offset -= kWalPageBytes) {
    char header = 0;
    TOCSIN_ASSIGN_OR_RETURN(const size_t count, file.ReadAt(page_offset, &header, 1));
    const auto type = static_cast<FragmentType>(static_cast<uint8_t>(header) & kFragmentTypeMask);
    const bool is_inside = type == FragmentType::kMiddle || type == FragmentType::kLast ||
                           type == FragmentType::kPageEnd || count == 0;
    if (!is_inside) break;
  }
  return page_offset;
}

Status CopyFile(Fs& fs, const std::string& from, const std::string& to) {
  constexpr size_t kPieceBytes = size_t{1} << 20;
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> source, fs.OpenForReading(from));
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> copy, fs.OpenForWriting(to, true));
  std::string piece(kPieceBytes, '\0');
  for (uint64_t offset = 0; offset < source->size_bytes();) {
    TOCSIN_ASSIGN_OR_RETURN(const size_t count, source->ReadAt(offset, piece.data(), piece.size()));
    if (count == 0) break;
    TOCSIN_RETURN_IF_ERROR(copy->Append(std::string_view(piece).substr(0, count)));
    offset += count;
  }
  TOCSIN_RETURN_IF_ERROR(copy->Sync());
  return copy->Close();
}

/// Copies the readable records of `segment` to `writer`.
Status CopyRecords(Fs& fs, const SegmentFile& segment, const std::set<uint64_t>& rejected_offsets,
                   WalCompression compression, SegmentWriter& writer) {
  TOCSIN_ASSIGN_OR_RETURN(const auto reader, SegmentReader::Open(fs, segment.path));
  RecordBatch batch;
  while (true) {
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<std::string_view> record, reader->Next());
    if (!record) return {};
    if (rejected_offsets.contains(reader->record_offset())) continue;
    batch.Assign({&*record, 1}, compression);
    TOCSIN_RETURN_IF_ERROR(writer.Write(batch));
  }
}

Status SyncAndClose(std::unique_ptr<WritableFile> file) {
  TOCSIN_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

Result<std::optional<TornTail>> CutTornTail(Fs& fs, const SegmentFile& segment) {
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file,
                          fs.OpenForReading(segment.path));
  TOCSIN_ASSIGN_OR_RETURN(const uint64_t page_offset, FindLastRecordPage(*file));
  TOCSIN_ASSIGN_OR_RETURN(const auto reader, SegmentReader::Open(fs, segment.path, page_offset));
  for (bool more = true; more;) {
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<std::string_view> record, reader->Next());
    more = record.has_value();
  }
  const std::optional<uint64_t> torn = reader->torn_offset();
  if (!torn) return std::optional<TornTail>();
  TOCSIN_ASSIGN_OR_RETURN(const auto writable, fs.OpenForWriting(segment.path, false));
  TOCSIN_RETURN_IF_ERROR(writable->Truncate(*torn));
  TOCSIN_RETURN_IF_ERROR(writable->Sync());
  TOCSIN_RETURN_IF_ERROR(writable->Close());
  return std::optional<TornTail>(TornTail{*torn, file->size_bytes() - *torn});
}

Status RewriteWithoutDamage(Fs& fs, const SegmentFile& segment,
                            const std::set<uint64_t>& rejected_offsets,
                            WalCompression compression) {
  const std::string parent = ParentOf(segment.path);
  const std::string workplace = segment.path + ".repair";
  TOCSIN_RETURN_IF_ERROR(fs.RemoveAll(workplace));
  TOCSIN_RETURN_IF_ERROR(fs.CreateDirectories(workplace));
  SegmentWriter::Options options;
  options.segment_bytes = std::numeric_limits<uint64_t>::max();  // One file stays one file.
  options.seal = SyncAndClose;
  TOCSIN_ASSIGN_OR_RETURN(SegmentWriter writer,
                          SegmentWriter::Create(fs, workplace, segment.index, options));
  TOCSIN_RETURN_IF_ERROR(CopyRecords(fs, segment, rejected_offsets, compression, writer));
  TOCSIN_RETURN_IF_ERROR(writer.Close());
  TOCSIN_RETURN_IF_ERROR(CopyFile(fs, segment.path, segment.path + ".corrupt"));
  TOCSIN_RETURN_IF_ERROR(fs.Rename(workplace + "/" + SegmentName(segment.index), segment.path));
  TOCSIN_RETURN_IF_ERROR(fs.SyncDirectory(parent));
  return fs.RemoveAll(workplace);
}

}  // namespace tocsin::tsdb

#include "storage/appendable.h"

namespace tocsin::storage {
namespace {

Error NoHistograms() {
  return Error(ErrorCode::kUnimplemented, "this storage takes no native histograms");
}

}  // namespace

Result<SeriesRef> Appender::AppendWith(SeriesRef ref, const Labels& labels, int64_t timestamp_ms,
                                       double value, const AppendOptions&) {
  return Append(ref, labels, timestamp_ms, value);
}

Result<SeriesRef> Appender::AppendHistogram(SeriesRef, const Labels&, int64_t, const Histogram&,
                                            const AppendOptions&) {
  return NoHistograms();
}

Result<SeriesRef> Appender::AppendHistogram(SeriesRef, const Labels&, int64_t,
                                            const FloatHistogram&, const AppendOptions&) {
  return NoHistograms();
}

Status Appender::AppendExemplar(SeriesRef, const Labels&, const Exemplar&) { return {}; }

Status Appender::SetMetadata(SeriesRef, const Labels&, const MetricMetadata&) { return {}; }

Status RowAppender::SetHistogram(Slot, std::optional<int64_t>, const Histogram&, bool) {
  return NoHistograms();
}

Status RowAppender::SetHistogram(Slot, std::optional<int64_t>, const FloatHistogram&, bool) {
  return NoHistograms();
}

void RowAppender::SetStart(Slot, int64_t) {}

size_t RowAppender::AddExemplars(Slot, std::span<const Exemplar>) { return 0; }

void RowAppender::SetMetadata(Slot, const MetricMetadata&) {}

}  // namespace tocsin::storage

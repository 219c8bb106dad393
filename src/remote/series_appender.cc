#include "remote/series_appender.h"

namespace tocsin::remote {
namespace {

// What storage says of a reference without labels that it does not know (any more).
bool MayBeUnknownRef(const Error& error) {
  return error.code() == ErrorCode::kInvalidArgument || error.code() == ErrorCode::kNotFound;
}

}  // namespace

bool IsRefusal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kOutOfOrder:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kOutOfBounds:
    case ErrorCode::kInvalidArgument:  // A histogram whose buckets make no sense.
    case ErrorCode::kTooLarge:         // A new series above a limit: the others go on.
      return true;
    default:
      return false;
  }
}

Status SeriesAppender::Begin(const SeriesKey& key, SeriesLabels& labels) {
  key_ = key;
  source_ = &labels;
  labels_ = Labels();
  ref_ = view_.Find(key);
  is_new_ = ref_ == 0;
  return is_new_ ? DecodeLabels() : Status();
}

Status SeriesAppender::DecodeLabels() {
  TOCSIN_ASSIGN_OR_RETURN(labels_, source_->Decode());
  return {};
}

Status SeriesAppender::CheckTime(int64_t timestamp_ms) const {
  if (timestamp_ms <= max_time_ms_) return {};
  return Error(ErrorCode::kOutOfBounds, "out of bounds: timestamp is too far in the future");
}

template <typename AppendTo>
Status SeriesAppender::AppendKnown(AppendTo append) {
  Result<storage::SeriesRef> ref = append(ref_, labels_);
  if (!ref && labels_.empty() && MayBeUnknownRef(ref.error())) {
    TOCSIN_RETURN_IF_ERROR(DecodeLabels());
    ref = append(0, labels_);
  }
  if (!ref) return ref.error();
  if (*ref != ref_) {
    ref_ = *ref;
    cache_.Insert(key_, ref_);
  }
  return {};
}

Status SeriesAppender::Append(int64_t timestamp_ms, double value, int64_t start_timestamp_ms) {
  TOCSIN_RETURN_IF_ERROR(CheckTime(timestamp_ms));
  return AppendKnown([&](storage::SeriesRef ref, const Labels& labels) {
    if (start_timestamp_ms == 0) return appender_.Append(ref, labels, timestamp_ms, value);
    storage::AppendOptions options;
    options.start_timestamp_ms = start_timestamp_ms;
    return appender_.AppendWith(ref, labels, timestamp_ms, value, options);
  });
}

Status SeriesAppender::Append(const HistogramMessage& message) {
  TOCSIN_RETURN_IF_ERROR(CheckTime(message.timestamp_ms));
  storage::AppendOptions options;
  options.start_timestamp_ms = message.start_timestamp_ms;
  return AppendKnown([&](storage::SeriesRef ref, const Labels& labels) {
    return std::visit(
        [&](const auto& histogram) {
          return appender_.AppendHistogram(ref, labels, message.timestamp_ms, histogram, options);
        },
        message.histogram);
  });
}

Status SeriesAppender::Append(const Exemplar& exemplar) {
  TOCSIN_RETURN_IF_ERROR(CheckTime(exemplar.timestamp_ms));
  return appender_.AppendExemplar(ref_, labels_, exemplar);
}

Status SeriesAppender::SetMetadata(const MetricMetadata& metadata) {
  return appender_.SetMetadata(ref_, labels_, metadata);
}

}  // namespace tocsin::remote

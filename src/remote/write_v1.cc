#include "remote/write_v1.h"

#include "remote/wire_reader.h"
#include "remote/write_messages.h"

namespace tocsin::remote {
namespace {

// Series in flight at a time: enough to hide a miss of the cache's memory, few enough to stay in
// the first level cache themselves.
constexpr size_t kBatch = 32;

constexpr uint32_t kLabels = 1;

// Where the label fields at the beginning of a series end.
size_t LabelsEnd(std::string_view series) {
  constexpr char kLabelKey = kLabels << 3 | 2;
  size_t at = 0;
  while (series.size() - at >= 2 && series[at] == kLabelKey) {
    const auto size = static_cast<uint8_t>(series[at + 1]);
    if (size >= 0x80) {
      WireReader reader(series.substr(at));
      if (!reader.Next()) break;
      reader.Bytes("Labels");
      if (reader.failed()) break;
      at = series.size() - reader.rest().size();
    } else if (size > series.size() - at - 2) {
      break;  // Cut off: whoever reads the fields says so.
    } else {
      at += size_t{2} + size;
    }
  }
  return at;
}

// Whether labels come behind other fields too.
Result<bool> HasLateLabels(std::string_view fields) {
  WireReader reader(fields);
  bool has_labels = false;
  while (reader.Next()) {
    has_labels |= reader.field() == kLabels;
    reader.Skip();
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return has_labels;
}

// The same series with its labels first. The message must be well formed.
std::string Rearrange(std::string_view series) {
  std::string labels;
  std::string others;
  WireReader reader(series);
  while (!reader.rest().empty()) {
    const std::string_view begin = reader.rest();
    reader.Next();
    reader.Skip();
    std::string& part = reader.field() == kLabels ? labels : others;
    part.append(begin.substr(0, begin.size() - reader.rest().size()));
  }
  return labels + others;
}

void ReadLabel(WireReader& outer, LabelList& list) {
  WireReader reader(outer.Bytes("Labels"));
  std::string_view name;
  std::string_view value;
  while (reader.Next()) {
    if (reader.field() == 1) {
      name = reader.Bytes("Name");
    } else if (reader.field() == 2) {
      value = reader.Bytes("Value");
    } else {
      reader.Skip();
    }
  }
  outer.Absorb(reader);
  list.Add(name, value);
}

Result<Exemplar> DecodeExemplar(std::string_view message, LabelList& list) {
  Exemplar exemplar;
  list.Clear();
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == kLabels) {
      ReadLabel(reader, list);
    } else if (reader.field() == 2) {
      exemplar.value = reader.Double("Value");
    } else if (reader.field() == 3) {
      exemplar.timestamp_ms = static_cast<int64_t>(reader.Varint("Timestamp"));
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  list.Sort();
  exemplar.labels = list.BuildExemplar();
  exemplar.has_timestamp = exemplar.timestamp_ms != 0;
  return exemplar;
}

}  // namespace

Status WriterV1::Write(std::string_view request) {
  scratch_.batch.clear();
  WireReader reader(request);
  while (reader.Next()) {
    if (reader.field() != 1) {
      reader.Skip();
      continue;
    }
    const std::string_view series = reader.Bytes("Timeseries");
    if (reader.failed()) break;
    TOCSIN_RETURN_IF_ERROR(AddToBatch(series));
    if (scratch_.batch.size() == kBatch) TOCSIN_RETURN_IF_ERROR(AppendBatch());
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return AppendBatch();
}

Status WriterV1::AddToBatch(std::string_view series) {
  size_t end = LabelsEnd(series);
  TOCSIN_ASSIGN_OR_RETURN(const bool has_late_labels, HasLateLabels(series.substr(end)));
  if (has_late_labels) {
    series = scratch_.rearranged.emplace_back(Rearrange(series));
    end = LabelsEnd(series);
  }
  const std::string_view labels = series.substr(0, end);
  const SeriesKey key = MakeSeriesKey(labels, secret_);
  view_.Prefetch(key);
  scratch_.batch.push_back({key, labels, series.substr(end)});
  return {};
}

Status WriterV1::AppendBatch() {
  for (const ScratchV1::Series& series : scratch_.batch) {
    TOCSIN_RETURN_IF_ERROR(AppendSeries(series));
  }
  scratch_.batch.clear();
  scratch_.rearranged.clear();
  return {};
}

Result<Labels> WriterV1::Decode() {
  LabelList& list = scratch_.list;
  list.Clear();
  WireReader reader(current_->labels);
  while (reader.Next()) ReadLabel(reader, list);
  TOCSIN_RETURN_IF_ERROR(reader.status());
  list.Sort();
  switch (list.Check()) {
    case LabelList::Verdict::kValid:
      return list.Build();
    case LabelList::Verdict::kInvalid:
      return Errorf(ErrorCode::kNotFound, "invalid metric name or labels, got {}", list.ToString());
    case LabelList::Verdict::kDuplicate:
      break;
  }
  return Errorf(ErrorCode::kNotFound, "invalid labels for series, labels {}, duplicated label {}",
                list.ToString(), list.DuplicateName());
}

Status WriterV1::AppendSeries(const ScratchV1::Series& series) {
  current_ = &series;
  if (const Status status = appender_.Begin(series.key, *this); !status) {
    if (status.error().code() != ErrorCode::kNotFound) return status;
    if (outcome_.invalid_label_samples++ == 0) {
      logger_.Warn("Invalid metric names or labels in remote write request",
                   {{"err", status.error().message()}});
    }
    return {};
  }
  uint64_t samples = 0;
  const Status status = AppendItems(series, samples);
  outcome_.without_metadata_samples += samples;
  if (!status && status.error().code() == ErrorCode::kTooLarge) {
    outcome_.refusals.Add(status.error().message());
    return {};
  }
  return status;
}

Status WriterV1::AppendItems(const ScratchV1::Series& series, uint64_t& samples) {
  scratch_.exemplars.clear();
  WireReader reader(series.fields);
  while (reader.Next()) {
    Status status;
    int64_t timestamp_ms = 0;
    if (reader.field() == 2) {
      const SampleMessage sample = ReadSample(reader);
      if (reader.failed()) break;
      timestamp_ms = sample.timestamp_ms;
      status = appender_.Append(timestamp_ms, sample.value, 0);
      ++samples;
    } else if (reader.field() == 3) {
      scratch_.exemplars.push_back(reader.Bytes("Exemplars"));
    } else if (reader.field() == 4) {
      TOCSIN_ASSIGN_OR_RETURN(HistogramMessage message,
                              DecodeHistogram(reader.Bytes("Histograms")));
      message.start_timestamp_ms = 0;  // A field of 2.0.
      timestamp_ms = message.timestamp_ms;
      status = appender_.Append(message);
      ++samples;
    } else {
      reader.Skip();
    }
    if (!status) {
      LogRefusal(status.error(), timestamp_ms);
      return status;
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return scratch_.exemplars.empty() ? Status() : AppendExemplars();
}

// Exemplars that storage does not want are dropped: the samples matter more.
Status WriterV1::AppendExemplars() {
  for (const std::string_view message : scratch_.exemplars) {
    TOCSIN_ASSIGN_OR_RETURN(const Exemplar exemplar, DecodeExemplar(message, scratch_.list));
    const Status status = appender_.Append(exemplar);
    if (!status && status.error().code() == ErrorCode::kOutOfOrder) {
      ++outcome_.out_of_order_exemplars;
    }
  }
  return {};
}

void WriterV1::LogRefusal(const Error& error, int64_t timestamp_ms) {
  if (!IsRefusal(error) || !outcome_.refusals.empty()) return;
  const Result<Labels> labels = Decode();
  logger_.Error("Out of order sample from remote write",
                {{"err", error.message()},
                 {"series", labels ? labels->ToString() : ""},
                 {"timestamp", std::to_string(timestamp_ms)}});
}

}  // namespace tocsin::remote

#include "remote/write_v2.h"

#include <algorithm>

#include "remote/write_messages.h"

namespace tocsin::remote {
namespace {

constexpr size_t kBatch = 32;  // As in write_v1.cc.
constexpr uint64_t kLastMetricType = 7;

// The numbers of Metadata.MetricType; what nobody knows is unknown.
MetricType TypeOf(uint64_t number) {
  constexpr MetricType kTypes[kLastMetricType + 1] = {
      MetricType::kUnknown,        MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram,
      MetricType::kGaugeHistogram, MetricType::kSummary, MetricType::kInfo,  MetricType::kStateset};
  return number <= kLastMetricType ? kTypes[number] : MetricType::kUnknown;
}

std::string_view BytesOf(const std::vector<SeriesKey>& hashes) {
  return {reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(SeriesKey)};
}

}  // namespace

Status WriterV2::Write(std::string_view request) {
  scratch_.batch.clear();
  scratch_.refs.clear();
  TOCSIN_RETURN_IF_ERROR(scratch_.symbols.Read(request, secret_));
  WireReader reader(request);
  while (reader.Next()) {
    if (reader.field() != 5) {
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

Status WriterV2::AddToBatch(std::string_view message) {
  ScratchV2::Series series;
  series.message = message;
  series.first_ref = static_cast<uint32_t>(scratch_.refs.size());
  WireReader reader(message);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        ReadRefs(reader, series);
        break;
      case 2:
      case 3:
        ++series.sample_count;
        reader.Skip();
        break;
      case 5:
        ReadMetadata(reader, series);
        break;
      default:
        series.has_exemplars |= reader.field() == 4;
        reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  series.ref_count = static_cast<uint32_t>(scratch_.refs.size()) - series.first_ref;
  const ScratchV2::Metadata& metadata = series.metadata;
  series.has_bad_refs |= series.ref_count % 2 != 0;
  // References to the empty string may be left out even where there is no table.
  const auto is_bad = [&](uint64_t ref) { return ref != 0 && !scratch_.symbols.Has(ref); };
  series.has_bad_metadata = is_bad(metadata.help_ref) || is_bad(metadata.unit_ref);
  if (!series.has_bad_refs && !series.has_bad_metadata) {
    series.key = KeyOf(series);
    view_.Prefetch(series.key);
  }
  scratch_.batch.push_back(series);
  return {};
}

void WriterV2::ReadRefs(WireReader& reader, ScratchV2::Series& series) {
  reader.Varints("LabelsRefs", [&](uint64_t ref) {
    series.has_bad_refs |= !scratch_.symbols.Has(ref);
    scratch_.refs.push_back(static_cast<uint32_t>(ref));
  });
}

void WriterV2::ReadMetadata(WireReader& outer, ScratchV2::Series& series) {
  WireReader reader(outer.Bytes("Metadata"));
  while (reader.Next()) {
    if (reader.field() == 1) {
      series.metadata.type = reader.Varint("Type");
    } else if (reader.field() == 3) {
      series.metadata.help_ref = reader.Varint("HelpRef");
    } else if (reader.field() == 4) {
      series.metadata.unit_ref = reader.Varint("UnitRef");
    } else {
      reader.Skip();
    }
  }
  outer.Absorb(reader);
}

SeriesKey WriterV2::KeyOf(const ScratchV2::Series& series) {
  std::vector<SeriesKey>& hashes = scratch_.hashes;
  const SymbolTable& symbols = scratch_.symbols;
  const ScratchV2::Metadata& metadata = series.metadata;
  hashes.clear();
  hashes.push_back({metadata.type, series.ref_count});
  for (const uint64_t ref : {metadata.help_ref, metadata.unit_ref}) {
    hashes.push_back(ref == 0 ? SeriesKey() : symbols.Hash(static_cast<uint32_t>(ref)));
  }
  for (uint32_t i = 0; i < series.ref_count; ++i) {
    hashes.push_back(symbols.Hash(scratch_.refs[series.first_ref + i]));
  }
  return MakeSeriesKey(BytesOf(hashes), secret_);
}

Status WriterV2::AppendBatch() {
  for (const ScratchV2::Series& series : scratch_.batch) {
    TOCSIN_RETURN_IF_ERROR(AppendSeries(series));
  }
  scratch_.batch.clear();
  scratch_.refs.clear();
  return {};
}

Status WriterV2::CollectLabels(const std::vector<uint32_t>& refs, size_t first, size_t count) {
  scratch_.list.Clear();
  if (count % 2 != 0) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid labelRefs length {}", count);
  }
  const SymbolTable& symbols = scratch_.symbols;
  for (size_t i = first; i < first + count; i += 2) {
    if (!symbols.Has(refs[i]) || !symbols.Has(refs[i + 1])) {
      return Errorf(ErrorCode::kInvalidArgument,
                    "labelRefs {} (name) = {} (value) outside of symbols table (size {})", refs[i],
                    refs[i + 1], symbols.size());
    }
    scratch_.list.Add(symbols.Text(refs[i]), symbols.Text(refs[i + 1]));
  }
  scratch_.list.Sort();
  return {};
}

Result<Labels> WriterV2::Decode() {
  TOCSIN_RETURN_IF_ERROR(CollectLabels(scratch_.refs, current_->first_ref, current_->ref_count));
  LabelList& list = scratch_.list;
  switch (list.Check()) {
    case LabelList::Verdict::kValid:
      return list.Build();
    case LabelList::Verdict::kInvalid:
      return Errorf(ErrorCode::kInvalidArgument, "invalid metric name or labels, got {}",
                    list.ToString());
    case LabelList::Verdict::kDuplicate:
      break;
  }
  return Errorf(ErrorCode::kInvalidArgument,
                "invalid labels for series, labels {}, duplicated label {}", list.ToString(),
                list.DuplicateName());
}

Status WriterV2::AppendSeries(const ScratchV2::Series& series) {
  current_ = &series;
  if (series.has_bad_refs) {
    const Status why = CollectLabels(scratch_.refs, series.first_ref, series.ref_count);
    Refuse(series,
           fmt::format("parsing labels for series {}: {}", RefsText(series),
                       why ? "reference too large" : why.error().message()),
           true);
    return {};
  }
  if (series.has_bad_metadata) {
    Refuse(series,
           fmt::format("parsing metadata for series {}: helpRef {} or unitRef {} outside "
                       "of symbols table (size {})",
                       RefsText(series), series.metadata.help_ref, series.metadata.unit_ref,
                       scratch_.symbols.size()),
           false);
    return {};
  }
  if (const Status status = appender_.Begin(series.key, *this); !status) {
    Refuse(series, status.error().message(), true);
    return {};
  }
  if (series.sample_count == 0) {
    Refuse(series,
           "TimeSeries must contain at least one sample or histogram for series " + LabelsText(),
           false);
    return {};
  }
  TOCSIN_RETURN_IF_ERROR(AppendItems(series));
  if (appender_.is_new()) StoreMetadata(series);
  return series.has_exemplars ? AppendExemplars(series) : Status();
}

Status WriterV2::AppendItems(const ScratchV2::Series& series) {
  const uint64_t before = outcome_.written.samples + outcome_.written.histograms;
  WireReader reader(series.message);
  while (reader.Next()) {
    if (reader.field() == 2) {
      const SampleMessage sample = ReadSample(reader);
      if (reader.failed()) break;
      const Status status =
          appender_.Append(sample.timestamp_ms, sample.value, sample.start_timestamp_ms);
      TOCSIN_RETURN_IF_ERROR(Note(status, outcome_.written.samples));
    } else if (reader.field() == 3) {
      TOCSIN_ASSIGN_OR_RETURN(const HistogramMessage message,
                              DecodeHistogram(reader.Bytes("Histograms")));
      TOCSIN_RETURN_IF_ERROR(Note(appender_.Append(message), outcome_.written.histograms));
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  const ScratchV2::Metadata& metadata = series.metadata;
  if (metadata.type == 0 && metadata.help_ref == 0 && metadata.unit_ref == 0) {
    outcome_.without_metadata_samples +=
        outcome_.written.samples + outcome_.written.histograms - before;
  }
  return {};
}

void WriterV2::StoreMetadata(const ScratchV2::Series& series) {
  const ScratchV2::Metadata& from = series.metadata;
  if (from.type == 0 && from.help_ref == 0 && from.unit_ref == 0) return;
  MetricMetadata metadata;
  metadata.type = TypeOf(from.type);
  const SymbolTable& symbols = scratch_.symbols;
  if (from.help_ref != 0) metadata.help = symbols.Text(static_cast<uint32_t>(from.help_ref));
  if (from.unit_ref != 0) metadata.unit = symbols.Text(static_cast<uint32_t>(from.unit_ref));
  if (const Status status = appender_.SetMetadata(metadata); !status) {
    logger_.Debug("error while updating metadata from remote write",
                  {{"err", status.error().message()}});
  }
}

Result<Exemplar> WriterV2::DecodeExemplar(std::string_view message) {
  Exemplar exemplar;
  std::vector<uint32_t>& refs = scratch_.exemplar_refs;
  refs.clear();
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      reader.Varints("LabelsRefs",
                     [&](uint64_t ref) { refs.push_back(static_cast<uint32_t>(ref)); });
    } else if (reader.field() == 2) {
      exemplar.value = reader.Double("Value");
    } else if (reader.field() == 3) {
      exemplar.timestamp_ms = static_cast<int64_t>(reader.Varint("Timestamp"));
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  exemplar.has_timestamp = exemplar.timestamp_ms != 0;
  if (const Status status = CollectLabels(refs, 0, refs.size()); !status) {
    return Error(ErrorCode::kNotFound, status.error().message());
  }
  exemplar.labels = scratch_.list.BuildExemplar();
  return exemplar;
}

Status WriterV2::AppendExemplars(const ScratchV2::Series& series) {
  std::vector<Exemplar>& exemplars = scratch_.exemplars;
  exemplars.clear();
  WireReader reader(series.message);
  while (reader.Next()) {
    if (reader.field() != 4) {
      reader.Skip();
      continue;
    }
    Result<Exemplar> exemplar = DecodeExemplar(reader.Bytes("Exemplars"));
    if (exemplar) {
      exemplars.push_back(std::move(*exemplar));
    } else if (exemplar.error().code() == ErrorCode::kNotFound) {
      outcome_.refusals.Add(fmt::format("parsing exemplar for series {}: {}", LabelsText(),
                                        exemplar.error().message()));
    } else {
      return exemplar.error();
    }
  }
  std::ranges::stable_sort(exemplars, {}, &Exemplar::timestamp_ms);
  for (const Exemplar& exemplar : exemplars) {
    const Status status = appender_.Append(exemplar);
    if (status) {
      ++outcome_.written.exemplars;
    } else if (status.error().code() == ErrorCode::kOutOfOrder) {
      ++outcome_.out_of_order_exemplars;
      outcome_.refusals.Add(
          fmt::format("{} for series {}", status.error().message(), LabelsText()));
    }  // Others are dropped without a word, as upstream.
  }
  return {};
}

Status WriterV2::Note(const Status& status, uint64_t& written) {
  if (status) {
    ++written;
    return {};
  }
  if (!IsRefusal(status.error())) return status;
  const std::string labels = LabelsText();
  if (outcome_.refusals.empty()) {
    logger_.Error("Out of order sample from remote write",
                  {{"err", status.error().message()}, {"series", labels}});
  }
  outcome_.refusals.Add(fmt::format("{} for series {}", status.error().message(), labels));
  return {};
}

void WriterV2::Refuse(const ScratchV2::Series& series, std::string line, bool has_invalid_labels) {
  if (has_invalid_labels) outcome_.invalid_label_samples += series.sample_count;
  outcome_.refusals.Add(std::move(line));
}

std::string WriterV2::RefsText(const ScratchV2::Series& series) const {
  std::string text = "[";
  for (uint32_t i = 0; i < series.ref_count; ++i) {
    if (i > 0) text += ' ';
    text += std::to_string(scratch_.refs[series.first_ref + i]);
  }
  return text + "]";
}

std::string WriterV2::LabelsText() {
  const Status status = CollectLabels(scratch_.refs, current_->first_ref, current_->ref_count);
  return status ? scratch_.list.ToString() : RefsText(*current_);
}

}  // namespace tocsin::remote

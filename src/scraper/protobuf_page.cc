#include "scraper/protobuf_page.h"

#include "scraper/metric_family.h"
#include "scraper/scrape_settings.h"
#include "scraper/series_text_hash.h"

namespace tocsin::scraper {

using exposition::Entry;

namespace {

constexpr size_t kPredictable = 1;  // A size for the cache, which has use for it only in lines.
constexpr uint64_t kPartKey = 0x9FB21C651E98DF25;

exposition::ProtobufOptions ParserOptions(const HistogramOptions& histograms) {
  return {histograms.reads_native, histograms.converts_classic, histograms.keeps_classic};
}

}  // namespace

ProtobufPage::ProtobufPage(SampleIntake& intake, std::string_view page)
    : intake_(intake),
      target_(intake.target()),
      parser_(page, ParserOptions(intake.target().histograms)) {}

Status ProtobufPage::Read() {
  target_.cache.BeginPage();
  while (true) {
    switch (parser_.Next()) {
      case Entry::kEnd:
        return {};
      case Entry::kInvalid:
        return parser_.error();
      case Entry::kSeries:
        TOCSIN_RETURN_IF_ERROR(TakeSample(false));
        break;
      case Entry::kHistogram:
        TOCSIN_RETURN_IF_ERROR(TakeSample(true));
        break;
      case Entry::kType:  // The last of a family's metadata.
        NoteFamily();
        break;
      default:
        break;
    }
  }
}

// All metadata of a family is one line to the cache.
void ProtobufPage::NoteFamily() {
  const auto hash_of = [](std::string_view text) {
    return HashSeriesText(text.data(), text.size());
  };
  family_hash_ = internal::Mix(hash_of(parser_.family()) ^ kPartKey, kPartKey);
  const uint64_t hash = internal::Mix(
      family_hash_ ^ static_cast<uint64_t>(parser_.current_type()),
      hash_of(parser_.help()) ^ internal::Mix(hash_of(parser_.unit()), internal::kHashKeys[3]));
  SequenceCache& cache = target_.cache;
  std::optional<LineAction> action;
  const bool is_predicted = cache.predicted_size() != 0 && cache.predicted_hash() == hash;
  action = is_predicted ? std::optional(cache.predicted_action()) : cache.Find(hash);
  has_new_metadata_ = !action || action->kind() != LineAction::Kind::kMetadata;
  if (!has_new_metadata_) {
    family_ = action->metadata_index();
    target_.metadata.Touch(family_);
    if (is_predicted) return cache.Hit();
    return cache.Record(hash, kPredictable, *action);
  }
  TargetMetadata& metadata = target_.metadata;
  metadata.SetHelp(parser_.family(), std::string(parser_.help()));
  metadata.SetUnit(parser_.family(), std::string(parser_.unit()));
  family_ = metadata.SetType(parser_.family(), parser_.current_type());
  if (family_ > LineAction::kMaxMetadataIndex) return;
  cache.Record(hash, kPredictable, LineAction::Help(family_));
}

uint64_t ProtobufPage::HashKey() const {
  const exposition::ProtobufParser::SeriesKey key = parser_.key();
  return internal::Mix(HashSeriesText(key.labels.data(), key.labels.size()) ^ family_hash_,
                       key.part ^ kPartKey);
}

Status ProtobufPage::TakeSample(bool is_histogram) {
  SequenceCache& cache = target_.cache;
  const uint64_t hash = HashKey();
  const bool is_predicted = cache.predicted_size() != 0 && cache.predicted_hash() == hash;
  const std::optional<LineAction> action =
      is_predicted ? std::optional(cache.predicted_action()) : cache.Find(hash);
  if (!action || action->is_void()) return AddNewSample(hash, is_histogram, action.has_value());
  if (is_predicted) {
    cache.Hit();
  } else {
    cache.Record(hash, kPredictable, *action);
  }
  if (!action->is_sample()) {
    ++intake_.counts().samples;
    return {};
  }
  intake_.CountKnown();
  if (has_new_metadata_) {
    target_.row.SetMetadata(action->slot(), target_.metadata.At(family_).metadata);
  }
  const Result<bool> is_stored = Store(action->slot(), is_histogram);
  return is_stored ? Status() : Status(is_stored.error());
}

Status ProtobufPage::AddNewSample(uint64_t hash, bool is_histogram, bool is_known) {
  if (const Status status = parser_.CopyLabels(labels_, empty_names_); !status) {
    ++intake_.counts().samples;
    return status;
  }
  if (target_.settings.features.type_and_unit_labels) {
    SetTypeAndUnit(parser_.current_type(), parser_.unit(), labels_);
  }
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<LineAction> action,
                          intake_.Admit(labels_, empty_names_, parser_.timestamp_ms()));
  if (!action) return {};
  target_.cache.Record(hash, kPredictable, *action);
  if (!action->is_sample()) return {};
  TOCSIN_ASSIGN_OR_RETURN(const bool is_stored, Store(action->slot(), is_histogram));
  intake_.counts().series_added += is_stored && !is_known;
  target_.row.SetMetadata(action->slot(), target_.metadata.At(family_).metadata);
  return {};
}

Result<bool> ProtobufPage::Store(Slot slot, bool is_histogram) {
  bool is_stored = false;
  if (!is_histogram) {
    is_stored = intake_.Put(slot, parser_.value(), parser_.has_timestamp(),
                            parser_.has_timestamp() ? *parser_.timestamp_ms() : 0);
  } else if (Histogram* const histogram = parser_.histogram()) {
    TOCSIN_ASSIGN_OR_RETURN(is_stored,
                            intake_.PutHistogram(slot, parser_.timestamp_ms(), *histogram));
  } else {
    TOCSIN_ASSIGN_OR_RETURN(
        is_stored, intake_.PutHistogram(slot, parser_.timestamp_ms(), *parser_.float_histogram()));
  }
  if (!is_stored) return false;
  if (parser_.has_exemplars()) {
    exemplars_.clear();
    parser_.CopyExemplars(exemplars_);
    intake_.PutExemplars(slot, parser_.timestamp_ms(), is_histogram, exemplars_);
  }
  if (target_.settings.features.start_timestamps && parser_.start_timestamp_ms() != 0) {
    target_.row.SetStart(slot, parser_.start_timestamp_ms());
  }
  return true;
}

}  // namespace tocsin::scraper

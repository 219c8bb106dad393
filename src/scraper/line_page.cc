#include "scraper/line_page.h"

#include <cmath>

#include "exposition/openmetrics_parser.h"
#include "exposition/sample_value.h"
#include "exposition/text_parser.h"
#include "scraper/metric_family.h"
#include "scraper/scrape_settings.h"
#include "scraper/series_text_hash.h"

namespace tocsin::scraper {

using exposition::Entry;
using exposition::OpenMetricsParser;
using exposition::TextParser;

namespace {

template <typename Parser>
constexpr bool kHasExemplars = std::is_same_v<Parser, OpenMetricsParser>;

// The metric's name as a series text begins with it; "" when it stands in quotes.
std::string_view NameInText(std::string_view text) {
  return text.substr(0, text.find_first_of("{ \t"));
}

// The value of a `_created` line, in seconds; 0 for what no time can be.
int64_t StartMs(double seconds) {
  constexpr double kLimitSeconds = 9e15;
  if (!(std::fabs(seconds) < kLimitSeconds)) return 0;
  return static_cast<int64_t>(seconds * 1000);
}

}  // namespace

template <typename Parser>
LinePage<Parser>::LinePage(SampleIntake& intake, std::string_view page)
    : intake_(intake),
      target_(intake.target()),
      parser_(page),
      // Only OpenMetrics says by `_created` when counting began.
      has_groups_(intake.target().histograms.converts_classic ||
                  (kHasExemplars<Parser> && intake.target().settings.features.start_timestamps)),
      converts_classic_(intake.target().histograms.converts_classic),
      family_stamp_(intake.target().groups.NextStamp()) {}

// The hot path: Store, TakeKnown and TakePredicted become one loop inside Read.

template <typename Parser>
inline bool LinePage<Parser>::Store(Slot slot) {
  const bool is_stored = intake_.Put(slot, parser_.value(), parser_.has_timestamp(),
                                     parser_.has_timestamp() ? *parser_.timestamp_ms() : 0);
  if constexpr (kHasExemplars<Parser>) {
    if (parser_.has_exemplar() && is_stored) [[unlikely]] {
      StoreExemplar(slot);
    }
  }
  return is_stored;
}

template <typename Parser>
inline bool LinePage<Parser>::TakeKnown(LineAction action, size_t size) {
  if (action.is_sample()) {
    if (!parser_.TakeSeries(size)) return false;
    if (has_chores_) [[unlikely]] {
      FlushUnless(kNone);
      DoChores(action.slot());
    }
    intake_.CountKnown();
    Store(action.slot());
    return true;
  }
  if (action.kind() == LineAction::Kind::kGrouped) {
    return TakeGrouped(target_.groups.line(action.line_index()), size);
  }
  if (action.kind() == LineAction::Kind::kDropped) {
    if (!parser_.TakeSeries(size)) return false;
    FlushUnless(kNone);
    ++intake_.counts().samples;
    return true;
  }
  if (!parser_.TakeLine(size)) return false;
  FlushUnless(kNone);
  if (action.kind() == LineAction::Kind::kMetadata) {
    target_.metadata.Touch(action.metadata_index());
    NoteMetadata(action.metadata_index(), false);
    if (const auto type = action.type()) {
      parser_.set_current_type(*type);
      type_family_ = action.metadata_index();
    }
  }
  return true;
}

template <typename Parser>
inline bool LinePage<Parser>::TakePredicted() {
  const size_t size = target_.cache.predicted_size();
  const std::string_view rest = parser_.rest();
  if (size == 0 || size > rest.size()) return false;
  if (HashSeriesText(rest.data(), size) != target_.cache.predicted_hash()) return false;
  const LineAction action = target_.cache.predicted_action();
  if (action.is_void() || !TakeKnown(action, size)) return false;
  target_.cache.Hit();
  return true;
}

template <typename Parser>
Status LinePage<Parser>::Read() {
  target_.cache.BeginPage();
  while (true) {
    while (TakePredicted()) {
    }
    TOCSIN_ASSIGN_OR_RETURN(const bool has_more, ReadLine());
    TOCSIN_RETURN_IF_ERROR(status_);
    if (!has_more) break;
  }
  FlushUnless(kNone);
  return status_;
}

// Lines that are not the predicted ones.

/// False at the page's end.
template <typename Parser>
Result<bool> LinePage<Parser>::ReadLine() {
  if (parser_.TakeBlankLine()) return true;
  bool is_known = false;
  if (const size_t size = parser_.GuessEntrySize(); size > 0) {
    const uint64_t hash = HashSeriesText(parser_.rest().data(), size);
    if (const auto action = target_.cache.Find(hash)) {
      is_known = action->is_sample();
      if (!action->is_void() && TakeKnown(*action, size)) {
        target_.cache.Record(hash, size, *action);
        return true;
      }
    }
  }
  return ReadEntry(is_known);
}

template <typename Parser>
Result<bool> LinePage<Parser>::ReadEntry(bool is_known) {
  const Entry entry = parser_.Next();
  switch (entry) {
    case Entry::kEnd:
      return false;
    case Entry::kInvalid:
      return parser_.error();
    case Entry::kSeries:
    case Entry::kHistogram:
      TOCSIN_RETURN_IF_ERROR(AddNewSample(is_known));
      return true;
    case Entry::kHelp:
    case Entry::kType:
    case Entry::kUnit:
      FlushUnless(kNone);
      AddMetadata(entry);
      return true;
    case Entry::kComment:
      FlushUnless(kNone);
      RecordComment();
      return true;
  }
  return false;
}

template <typename Parser>
Status LinePage<Parser>::AddNewSample(bool is_known) {
  const std::string_view text = parser_.series();
  const uint64_t hash = HashSeriesText(text.data(), text.size());
  if (const Status status = parser_.CopyLabels(labels_, empty_names_); !status) {
    ++intake_.counts().samples;
    return status;
  }
  if (target_.settings.features.type_and_unit_labels) AddTypeAndUnit();
  if (has_groups_) {
    const LineClassifier classifier = {
        parser_.current_type(),
        type_family_ == kNone ? "" : std::string_view(target_.metadata.At(type_family_).metric),
        converts_classic_, kHasExemplars<Parser> && target_.settings.features.start_timestamps};
    if (const auto role = classifier.RoleOf(labels_)) return AddGrouped(*role, hash, is_known);
  }
  FlushUnless(kNone);
  const std::string metric(labels_.Get(kMetricNameLabel));
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<LineAction> action,
                          intake_.Admit(labels_, empty_names_, parser_.timestamp_ms()));
  if (!action) return {};
  target_.cache.Record(hash, text.size(), *action);
  if (!action->is_sample()) return {};
  if (Store(action->slot()) && !is_known) ++intake_.counts().series_added;
  SendMetadata(action->slot(), metric);
  return {};
}

template <typename Parser>
bool LinePage<Parser>::TakeGrouped(const SeriesGroups::Line& line, size_t size) {
  if (!parser_.TakeSeries(size)) return false;
  if (line.role != LineRole::kCreated) FlushUnless(line.group);
  if (line.is_stored) {
    DoChores(line.slot);
    intake_.CountKnown();
  } else if (line.is_counted) {
    ++intake_.counts().samples;
  }
  StoreGrouped(line);
  return true;
}

template <typename Parser>
Status LinePage<Parser>::AddGrouped(LineRole role, uint64_t hash, bool is_known) {
  SeriesGroups::Line line;
  line.group = target_.groups.GroupOf(labels_, role, parser_.current_type());
  line.role = role;
  line.is_counted = role == LineRole::kStarted ||
                    (role != LineRole::kCreated && target_.histograms.keeps_classic);
  if (role == LineRole::kBucket) {
    const auto bound = exposition::ParseSampleValue(labels_.Get("le"));
    line.bound = bound ? *bound : 0;
  }
  if (role != LineRole::kCreated) FlushUnless(line.group);
  const std::string metric(labels_.Get(kMetricNameLabel));
  const std::string_view text = parser_.series();
  if (line.is_counted) {
    TOCSIN_ASSIGN_OR_RETURN(const std::optional<LineAction> action,
                            intake_.Admit(labels_, empty_names_, parser_.timestamp_ms()));
    if (!action) {
      StoreGrouped(line);
      return {};
    }
    line.is_stored = action->is_sample();
    if (line.is_stored) line.slot = action->slot();
  }
  if (StoreGrouped(line) && !is_known) ++intake_.counts().series_added;
  if (line.is_stored) SendMetadata(line.slot, metric);
  const uint32_t index = target_.groups.AddLine(line);
  if (index <= LineAction::kMaxLineIndex) {
    target_.cache.Record(hash, text.size(), LineAction::Grouped(index));
  }
  return {};
}

/// What the role of a line asks for. Whether its sample was stored as one of its own series.
template <typename Parser>
bool LinePage<Parser>::StoreGrouped(const SeriesGroups::Line& line) {
  if (line.role == LineRole::kCreated) {
    ApplyStart(line.group);
    return false;
  }
  if (line.role != LineRole::kStarted) Collect(line);
  if (!line.is_stored) return false;
  SeriesGroups::Group& group = target_.groups.group(line.group);
  if (std::exchange(group.family_stamp, family_stamp_) != family_stamp_) group.started.clear();
  group.started.push_back(line.slot);
  return Store(line.slot);
}

template <typename Parser>
void LinePage<Parser>::ApplyStart(uint32_t index) {
  const int64_t start_ms = StartMs(parser_.value());
  if (start_ms == 0) return;
  if (collected_group_ == index) collected_start_ms_ = start_ms;
  const SeriesGroups::Group& group = target_.groups.group(index);
  if (group.family_stamp != family_stamp_) return;
  for (const Slot slot : group.started) target_.row.SetStart(slot, start_ms);
}

template <typename Parser>
void LinePage<Parser>::StoreExemplar(Slot slot) {
  if constexpr (kHasExemplars<Parser>) {
    if (collected_group_ != kNone) return;  // The native histogram has it.
    exemplars_.assign(1, parser_.CopyExemplar());
    intake_.PutExemplars(slot, parser_.timestamp_ms(), false, exemplars_);
  }
}

// Classic histograms that become native ones.

template <typename Parser>
void LinePage<Parser>::Collect(const SeriesGroups::Line& line) {
  if (collected_group_ == kNone) {
    collected_group_ = line.group;
    classic_.Clear();
    collected_timestamp_ms_ = parser_.timestamp_ms();
    collected_start_ms_ = 0;
    collected_exemplars_.clear();
    UpdateChores();
  }
  if (line.role == LineRole::kBucket) classic_.AddBucket(line.bound, parser_.value());
  if (line.role == LineRole::kCount) classic_.SetCount(parser_.value());
  if (line.role == LineRole::kSum) classic_.SetSum(parser_.value());
  if constexpr (kHasExemplars<Parser>) {
    if (parser_.has_exemplar()) collected_exemplars_.push_back(parser_.CopyExemplar());
  }
}

/// Any entry that is not of the histogram being collected ends it.
template <typename Parser>
inline void LinePage<Parser>::FlushUnless(uint32_t group) {
  if (collected_group_ == kNone || collected_group_ == group) return;
  const Status status = FlushHistogram(std::exchange(collected_group_, kNone));
  if (!status && status_) status_ = status;
  UpdateChores();
}

template <typename Parser>
Status LinePage<Parser>::FlushHistogram(uint32_t index) {
  using Kind = exposition::ClassicHistogram::Kind;
  const Kind kind = classic_.Build(histogram_, float_histogram_);
  if (kind == Kind::kInvalid) return {};
  bool is_new = false;
  TOCSIN_ASSIGN_OR_RETURN(const std::optional<LineAction> action,
                          AdmitGroup(target_.groups.group(index), is_new));
  if (!action || !action->is_sample()) return {};
  const Slot slot = action->slot();
  const Result<bool> is_stored =
      kind == Kind::kInteger
          ? intake_.PutHistogram(slot, collected_timestamp_ms_, histogram_)
          : intake_.PutHistogram(slot, collected_timestamp_ms_, float_histogram_);
  if (!is_stored) return is_stored.error();
  if (!*is_stored) return {};
  intake_.counts().series_added += is_new;
  intake_.PutExemplars(slot, collected_timestamp_ms_, true, collected_exemplars_);
  if (collected_start_ms_ != 0) target_.row.SetStart(slot, collected_start_ms_);
  return {};
}

template <typename Parser>
Result<std::optional<LineAction>> LinePage<Parser>::AdmitGroup(SeriesGroups::Group& group,
                                                               bool& is_new) {
  if (group.action) {
    if (group.action->is_sample()) {
      intake_.CountKnown();
    } else {
      ++intake_.counts().samples;
    }
    return group.action;
  }
  is_new = true;
  LabelsBuilder labels(group.labels);
  TOCSIN_ASSIGN_OR_RETURN(group.action, intake_.Admit(labels, {}, collected_timestamp_ms_));
  if (!group.action) return std::nullopt;
  if (group.action->is_sample()) {
    SendMetadata(group.action->slot(), group.labels.Get(kMetricNameLabel));
  }
  group.labels = {};
  return group.action;
}

// Metadata.

template <typename Parser>
void LinePage<Parser>::AddMetadata(Entry entry) {
  const std::string family = parser_.family();
  TargetMetadata& metadata = target_.metadata;
  uint32_t index = 0;
  LineAction action = LineAction::Comment();
  if (entry == Entry::kType) {
    index = metadata.SetType(family, parser_.current_type());
    type_family_ = index;
    action = LineAction::Type(index, parser_.current_type());
  } else {
    if constexpr (kHasExemplars<Parser>) {
      if (entry == Entry::kUnit) index = metadata.SetUnit(family, parser_.unit());
    }
    if (entry == Entry::kHelp) index = metadata.SetHelp(family, parser_.help());
    action = LineAction::Help(index);
  }
  NoteMetadata(index, true);
  if (index > LineAction::kMaxMetadataIndex) return RecordComment();
  const std::string_view line = parser_.line();
  target_.cache.Record(HashSeriesText(line.data(), line.size()), line.size(), action);
}

/// Samples that follow belong to this family; if its metadata has changed, storage is told for
/// each.
template <typename Parser>
void LinePage<Parser>::NoteMetadata(uint32_t index, bool has_changed) {
  if (family_ != index) ++family_stamp_;
  family_ = index;
  if (has_changed) {
    changed_family_ = index;
  } else if (changed_family_ != index) {
    changed_family_ = kNone;
  }
  UpdateChores();
}

template <typename Parser>
void LinePage<Parser>::RecordComment() {
  const std::string_view line = parser_.line();
  target_.cache.Record(HashSeriesText(line.data(), line.size()), line.size(),
                       LineAction::Comment());
}

template <typename Parser>
void LinePage<Parser>::SendMetadata(Slot slot, std::string_view metric) {
  if (family_ == kNone) return;
  const FamilyMetadata& family = target_.metadata.At(family_);
  if (!IsSeriesOfFamily(metric, family.metric, family.metadata.type)) return;
  target_.row.SetMetadata(slot, family.metadata);
}

/// What comes before a known sample when it is not just a value.
template <typename Parser>
void LinePage<Parser>::DoChores(Slot slot) {
  if (!has_chores_) return;
  if (changed_family_ != kNone) SendMetadata(slot, NameInText(parser_.series()));
}

template <typename Parser>
void LinePage<Parser>::AddTypeAndUnit() {
  if (type_family_ == kNone) return;
  const MetricMetadata& metadata = target_.metadata.At(type_family_).metadata;
  SetTypeAndUnit(parser_.current_type(), metadata.unit, labels_);
}

template class LinePage<TextParser>;
template class LinePage<OpenMetricsParser>;

}  // namespace tocsin::scraper

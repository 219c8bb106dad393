#include "scraper/page_appender.h"

#include <algorithm>

#include "scraper/sample_labels.h"
#include "scraper/scrape_settings.h"
#include "scraper/series_text_hash.h"

namespace tocsin::scraper {

using Entry = exposition::TextParser::Entry;

PageAppender::PageAppender(const Target& target, std::string_view page)
    : target_(target), parser_(page), honor_timestamps_(target.settings.config.honor_timestamps) {}

// The hot path: Put, TakeKnown and TakePredicted become one loop inside Run.

inline bool PageAppender::Put(storage::RowAppender::Slot slot) {
  if (parser_.has_timestamp() && honor_timestamps_) [[unlikely]] {
    return PutAt(slot);
  }
  if (target_.row.Set(slot, parser_.value())) [[likely]] {
    return true;
  }
  ++counts_.duplicates;
  return false;
}

inline bool PageAppender::TakeKnown(LineAction action, size_t size) {
  if (action.is_sample()) {
    if (!parser_.TakeSeries(size)) return false;
    ++counts_.samples;
    ++counts_.post_relabel;
    Put(action.slot());
    return true;
  }
  if (action.kind() == LineAction::Kind::kDropped) {
    if (!parser_.TakeSeries(size)) return false;
    ++counts_.samples;
    return true;
  }
  if (!parser_.TakeLine(size)) return false;
  if (action.kind() == LineAction::Kind::kMetadata) {
    target_.metadata.Touch(action.metadata_index());
    if (const auto type = action.type()) parser_.set_current_type(*type);
  }
  return true;
}

inline bool PageAppender::TakePredicted() {
  const size_t size = target_.cache.predicted_size();
  const std::string_view rest = parser_.rest();
  if (size == 0 || size > rest.size()) return false;
  if (HashSeriesText(rest.data(), size) != target_.cache.predicted_hash()) return false;
  const LineAction action = target_.cache.predicted_action();
  if (action.is_void() || !TakeKnown(action, size)) return false;
  target_.cache.Hit();
  return true;
}

Status PageAppender::Run() {
  target_.cache.BeginPage();
  while (true) {
    while (TakePredicted()) {
    }
    Result<bool> has_more = ReadLine();
    if (!has_more) {
      counts_.is_sample_limit_exceeded = IsOverSampleLimit();
      return has_more.error();
    }
    if (!*has_more) break;
  }
  counts_.is_sample_limit_exceeded = IsOverSampleLimit();
  if (counts_.is_sample_limit_exceeded) {
    return Error(ErrorCode::kTooLarge, "sample limit exceeded");
  }
  return {};
}

bool PageAppender::PutAt(storage::RowAppender::Slot slot) {
  if (IsTooFarAhead()) {
    ++counts_.out_of_bounds;
    return false;
  }
  if (target_.row.SetAt(slot, *parser_.timestamp_ms(), parser_.value(),
                        target_.settings.config.track_timestamps_staleness)) {
    return true;
  }
  ++counts_.duplicates;
  return false;
}

bool PageAppender::IsTooFarAhead() const {
  return honor_timestamps_ && parser_.has_timestamp() &&
         *parser_.timestamp_ms() > target_.max_timestamp_ms;
}

bool PageAppender::IsOverSampleLimit() const {
  const uint64_t limit = target_.settings.config.sample_limit;
  return limit > 0 && counts_.post_relabel - counts_.duplicates > limit;
}

// A line that is not the predicted one. False at the page's end.
Result<bool> PageAppender::ReadLine() {
  const std::string_view rest = parser_.rest();
  const size_t blanks = rest.find_first_not_of(" \t");
  if (blanks != rest.npos && rest[blanks] == '\n') return parser_.TakeLine(blanks);
  bool is_known = false;
  if (const size_t size = GuessTextSize(); size > 0) {
    const uint64_t hash = HashSeriesText(rest.data(), size);
    if (const auto action = target_.cache.Find(hash)) {
      is_known = action->is_sample();
      if (!action->is_void() && TakeKnown(*action, size)) {
        target_.cache.Record(hash, size, *action);
        return true;
      }
    }
  }
  switch (parser_.Next()) {
    case Entry::kEnd:
      return false;
    case Entry::kInvalid:
      return parser_.error();
    case Entry::kSeries:
      TOCSIN_RETURN_IF_ERROR(AddNewSample(is_known));
      return true;
    case Entry::kHelp:
      AddMetadata(false);
      return true;
    case Entry::kType:
      AddMetadata(true);
      return true;
    case Entry::kComment:
      RecordComment();
      return true;
  }
  return false;
}

size_t PageAppender::GuessTextSize() const {
  const std::string_view rest = parser_.rest();
  if (rest.empty()) return 0;
  return rest.front() == '#' ? std::min(rest.find('\n'), rest.size()) : parser_.GuessSeriesSize();
}

Status PageAppender::AddNewSample(bool is_known) {
  ++counts_.samples;
  const std::string_view text = parser_.series();
  const uint64_t hash = HashSeriesText(text.data(), text.size());
  TOCSIN_RETURN_IF_ERROR(parser_.CopyLabels(labels_, empty_names_));
  const SampleLabelRules& rules = target_.settings.label_rules;
  if (!AddTargetLabels(target_.labels, rules, empty_names_, labels_)) {
    target_.cache.Record(hash, text.size(), LineAction::Dropped());
    return {};
  }
  const Labels labels = labels_.Build();
  if (const Status status = CheckSampleLabels(labels, rules); !status) {
    counts_.is_label_limit_exceeded = status.error().code() == ErrorCode::kTooLarge;
    return status;
  }
  ++counts_.post_relabel;
  // Samples that will not be stored must not create series.
  if (IsOverSampleLimit()) return {};
  if (IsTooFarAhead()) {
    ++counts_.out_of_bounds;
    return {};
  }
  const Result<storage::RowAppender::Slot> slot = target_.row.SlotOf(labels);
  if (!slot) {
    ++counts_.refused;
    counts_.refusal = slot.error().message();
    return {};
  }
  target_.cache.Record(hash, text.size(), LineAction::Sample(*slot));
  if (Put(*slot) && !is_known) ++counts_.series_added;
  return {};
}

void PageAppender::AddMetadata(bool is_type) {
  const std::string family = parser_.family();
  const uint32_t index = is_type ? target_.metadata.SetType(family, parser_.current_type())
                                 : target_.metadata.SetHelp(family, parser_.help());
  if (index > LineAction::kMaxMetadataIndex) return RecordComment();
  const std::string_view line = parser_.line();
  target_.cache.Record(
      HashSeriesText(line.data(), line.size()), line.size(),
      is_type ? LineAction::Type(index, parser_.current_type()) : LineAction::Help(index));
}

void PageAppender::RecordComment() {
  const std::string_view line = parser_.line();
  target_.cache.Record(HashSeriesText(line.data(), line.size()), line.size(),
                       LineAction::Comment());
}

}  // namespace tocsin::scraper

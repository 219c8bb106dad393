#include "promql/info_join.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "promql/merge_series.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kDefaultInfoMetric = "target_info";
constexpr std::string_view kAnyInfoMetric = ".+_info";

/// The labels that say which target a series is of, as upstream has them.
const std::vector<std::string>& IdentifyingLabels() {
  static const std::vector<std::string> kLabels = {"instance", "job"};
  return kLabels;
}

bool IsNegative(const Matcher& matcher) {
  return matcher.type() == MatchType::kNotEqual || matcher.type() == MatchType::kNotRegex;
}

bool IsInfoMetric(const InfoRequest& request, std::string_view name) {
  return !request.name_matchers.empty() &&
         std::all_of(request.name_matchers.begin(), request.name_matchers.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(name); });
}

Matcher MakeMatcher(MatchType type, std::string_view name, std::string_view value) {
  return *Matcher::Make(type, std::string(name), std::string(value));
}

/// `text` as a pattern that matches it alone.
std::string QuotePattern(std::string_view text) {
  constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$";
  std::string pattern;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

/// The join at one step, and what it leaves for the next.
class InfoJoin {
 public:
  InfoJoin(QueryContext& context, const InfoRequest& request, const Frame& base, const Frame& info)
      : context_(context),
        request_(request),
        base_(base),
        info_(info),
        base_labels_(AllLabels(base.series())),
        info_labels_(AllLabels(info.series())) {
    for (const Labels& labels : info_labels_) {
      info_keys_.push_back(labels.Only(IdentifyingLabels()).bytes() + '\xff' +
                           std::string(labels.Get(kMetricNameLabel)));
      metric_names_.emplace(labels.Get(kMetricNameLabel));
    }
  }

  Result<FramePtr> Run() {
    const size_t steps = base_.view().steps;
    outputs_of_row_.resize(base_.size());
    for (size_t step = 0; step < steps; ++step) {
      TOCSIN_RETURN_IF_ERROR(context_.CheckRunning());
      if (!AnyBaseAt(step)) continue;
      TOCSIN_RETURN_IF_ERROR(FindNewestInfo(step));
      for (uint32_t row = 0; row < base_.size(); ++row) {
        if (!IsPresent(base_.view().Present(row), step)) continue;
        TOCSIN_RETURN_IF_ERROR(Enrich(row, step));
      }
    }
    return Output(steps);
  }

 private:
  bool AnyBaseAt(size_t step) const {
    for (size_t row = 0; row < base_.size(); ++row) {
      if (IsPresent(base_.view().Present(row), step)) return true;
    }
    return false;
  }

  /// By target and metric the info series with the newest sample.
  Status FindNewestInfo(size_t step) {
    newest_.clear();
    const GridView view = info_.view();
    for (uint32_t row = 0; row < view.rows; ++row) {
      if (!IsPresent(view.Present(row), step)) continue;
      if (view.HistogramAt(row, step) != nullptr) {
        return Error(ErrorCode::kInvalidArgument, "info sample should be float");
      }
      const auto [at, inserted] = newest_.try_emplace(info_keys_[row], row);
      if (inserted) continue;
      const double before = view.Values(at->second)[step];
      const double now = view.Values(row)[step];
      if (now == before) return Duplicate(at->second, row, now);
      if (now > before) at->second = row;
    }
    return {};
  }

  Error Duplicate(uint32_t existing, uint32_t row, double seconds) const {
    const auto timestamp_ms = static_cast<int64_t>(seconds * 1000);
    return Errorf(ErrorCode::kInvalidArgument,
                  "found duplicate series for info metric: existing {} @ {}, new {} @ {}",
                  info_labels_[existing].ToString(), timestamp_ms, info_labels_[row].ToString(),
                  timestamp_ms);
  }

  Status Enrich(uint32_t row, size_t step) {
    const Labels& labels = base_labels_[row];
    if (IsInfoMetric(request_, labels.Get(kMetricNameLabel))) {
      Emit(row, step, {});
      return {};
    }
    std::vector<uint32_t> matches;
    const std::string target = labels.Only(IdentifyingLabels()).bytes() + '\xff';
    for (const std::string& name : metric_names_) {
      const auto at = newest_.find(target + name);
      if (at != newest_.end()) matches.push_back(at->second);
    }
    if (matches.empty() && DemandsInfo()) return {};
    TOCSIN_RETURN_IF_ERROR(CheckConflicts(matches));
    Emit(row, step, std::move(matches));
    return {};
  }

  /// Whether a series without info series is to be left out.
  bool DemandsInfo() const {
    for (const auto& [name, matchers] : request_.data_matchers) {
      for (const Matcher& matcher : matchers) {
        if (!matcher.MatchesEmpty()) return true;
      }
    }
    return false;
  }

  bool IsWanted(std::string_view name) const {
    if (name == kMetricNameLabel) return false;
    return request_.data_matchers.empty() || request_.data_matchers.contains(std::string(name));
  }

  Status CheckConflicts(const std::vector<uint32_t>& matches) const {
    std::map<std::string_view, std::string_view> seen;
    for (size_t i = 0; matches.size() > 1 && i < matches.size(); ++i) {
      for (const LabelView label : info_labels_[matches[i]]) {
        if (!IsWanted(label.name)) continue;
        const auto [at, inserted] = seen.try_emplace(label.name, label.value);
        if (at->second != label.value) {
          return Errorf(ErrorCode::kInvalidArgument, "conflicting label: {}", label.name);
        }
      }
    }
    return {};
  }

  void Emit(uint32_t row, size_t step, std::vector<uint32_t> matches) {
    std::vector<Enrichment>& outputs = outputs_of_row_[row];
    auto same = std::find_if(outputs.begin(), outputs.end(),
                             [&](const Enrichment& output) { return output.matches == matches; });
    if (same == outputs.end()) {
      outputs.push_back({std::move(matches), std::vector<uint64_t>(base_.view().words)});
      same = outputs.end() - 1;
    }
    SetPresent(same->steps.data(), step);
  }

  Labels Enriched(uint32_t row, const std::vector<uint32_t>& matches) const {
    LabelsBuilder builder(base_labels_[row]);
    for (const uint32_t match : matches) {
      for (const LabelView label : info_labels_[match]) {
        if (IsWanted(label.name) && !base_labels_[row].Has(label.name)) {
          builder.Set(label.name, label.value);
        }
      }
    }
    return builder.Build();
  }

  Result<FramePtr> Output(size_t steps) {
    std::vector<Labels> labels;
    std::vector<bool> drops_name;
    size_t rows = 0;
    for (const auto& outputs : outputs_of_row_) rows += outputs.size();
    TOCSIN_ASSIGN_OR_RETURN(Grid grid, Grid::Make(rows, steps, context_.memory()));
    const GridView out = grid.view();
    for (uint32_t row = 0; row < base_.size(); ++row) {
      for (const Enrichment& output : outputs_of_row_[row]) {
        CopyRow(base_.view(), row, out, labels.size());
        std::copy(output.steps.begin(), output.steps.end(), out.Present(labels.size()));
        labels.push_back(Enriched(row, output.matches));
        drops_name.push_back(base_.series().DropsName(row));
      }
    }
    auto table = std::make_shared<LabelList>(std::move(labels), std::move(drops_name));
    TOCSIN_ASSIGN_OR_RETURN(FramePtr frame, MakeFrame(context_, std::move(table), std::move(grid)));
    return MergeSameSeries(context_, frame);
  }

  /// A series of the answer: a base series with the info series it got labels of, and when.
  struct Enrichment {
    std::vector<uint32_t> matches;
    std::vector<uint64_t> steps;
  };

  QueryContext& context_;
  const InfoRequest& request_;
  const Frame& base_;
  const Frame& info_;
  const std::vector<Labels> base_labels_;
  const std::vector<Labels> info_labels_;
  std::vector<std::string> info_keys_;  ///< By row of info.
  std::set<std::string, std::less<>> metric_names_;
  std::unordered_map<std::string, uint32_t> newest_;
  std::vector<std::vector<Enrichment>> outputs_of_row_;
};

}  // namespace

InfoRequest MakeInfoRequest(const VectorSelector* selector) {
  InfoRequest request;
  if (selector == nullptr) {
    request.name_matchers = {MakeMatcher(MatchType::kEqual, kMetricNameLabel, kDefaultInfoMetric)};
    return request;
  }
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricNameLabel) {
      request.name_matchers.push_back(matcher);
    } else {
      request.data_matchers[matcher.name()].push_back(matcher);
    }
  }
  const std::vector<Matcher>& names = request.name_matchers;
  if (!names.empty() && std::all_of(names.begin(), names.end(), IsNegative)) {
    request.name_matchers.push_back(
        MakeMatcher(MatchType::kRegex, kMetricNameLabel, kAnyInfoMetric));
  }
  return request;
}

std::vector<Matcher> InfoMatchers(const InfoRequest& request, const SeriesTable& base) {
  std::map<std::string, std::set<std::string>> values;
  for (size_t i = 0; i < base.size(); ++i) {
    const Labels labels = base.LabelsOf(i);
    if (IsInfoMetric(request, labels.Get(kMetricNameLabel))) continue;
    for (const std::string& name : IdentifyingLabels()) {
      if (labels.Has(name)) values[name].emplace(labels.Get(name));
    }
  }
  std::vector<Matcher> matchers;
  for (const auto& [name, some] : values) {
    std::string pattern;
    for (const std::string& value : some) {
      if (!pattern.empty()) pattern += '|';
      pattern += QuotePattern(value);
    }
    matchers.push_back(MakeMatcher(MatchType::kRegex, name, pattern));
  }
  if (matchers.empty()) return {};
  for (const auto& [name, some] : request.data_matchers) {
    matchers.insert(matchers.end(), some.begin(), some.end());
  }
  if (request.name_matchers.empty()) {
    matchers.push_back(MakeMatcher(MatchType::kEqual, kMetricNameLabel, kDefaultInfoMetric));
  }
  matchers.insert(matchers.end(), request.name_matchers.begin(), request.name_matchers.end());
  return matchers;
}

Result<FramePtr> JoinInfo(QueryContext& context, const InfoRequest& request, const Frame& base,
                          const Frame& info) {
  return InfoJoin(context, request, base, info).Run();
}

}  // namespace tocsin::promql

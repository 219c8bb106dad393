#include "web/federation.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "exposition/escaping.h"
#include "model/number_text.h"
#include "model/sample.h"
#include "promql/parser.h"
#include "web/label_name_escaping.h"

namespace tocsin::web {
namespace {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kInstanceLabel = "instance";

// How the client wants its text.
struct TextFormat {
  std::string_view version = "0.0.4";
  bool allow_utf8 = false;

  std::string ContentType() const {
    return fmt::format("text/plain; version={}; charset=utf-8; escaping={}", version,
                       allow_utf8 ? "allow-utf-8" : "underscores");
  }
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return Trim(part);
}

// The text format that an Accept header wants most.
TextFormat Negotiate(std::string_view accept) {
  TextFormat best;
  double best_quality = -1;
  while (!accept.empty()) {
    std::string_view entry = TakeUntil(accept, ',');
    if (TakeUntil(entry, ';') != "text/plain") continue;
    TextFormat format;
    double quality = 1;
    bool is_known = true;
    while (!entry.empty()) {
      std::string_view value = TakeUntil(entry, ';');
      const std::string_view key = TakeUntil(value, '=');
      if (key == "version") {
        is_known = value == "0.0.4" || value == "1.0.0";
        format.version = value == "1.0.0" ? "1.0.0" : "0.0.4";
      } else if (key == "escaping") {
        format.allow_utf8 = value == "allow-utf-8";
      } else if (key == "q") {
        std::from_chars(value.data(), value.data() + value.size(), quality);
      }
    }
    if (!is_known || quality <= best_quality) continue;
    best = format;
    best_quality = quality;
  }
  return best;
}

class FederationPage {
 public:
  FederationPage(TextFormat format, LabelPairs external_labels)
      : format_(format), external_labels_(std::move(external_labels)) {}

  void Add(const Labels& labels, double value, int64_t timestamp_ms) {
    const std::string_view metric = labels.Get(kMetricNameLabel);
    if (metric.empty()) return;  // Nothing that text could carry.
    if (metric != last_metric_) {
      last_metric_ = metric;
      const std::string name = MetricName(metric);
      page_.append("# TYPE ");
      AppendName(name, IsLegacyMetricName(name));
      page_.append(" untyped\n");
    }
    AppendSeries(metric, labels);
    page_.push_back(' ');
    AppendFloatGeneral(page_, value);
    page_.append(fmt::format(" {}\n", timestamp_ms));
  }

  std::string Take() { return std::move(page_); }

 private:
  std::string MetricName(std::string_view name) const {
    return format_.allow_utf8 ? std::string(name) : ReplaceNonLegacyCharacters(name, true);
  }
  std::string LabelName(std::string_view name) const {
    return format_.allow_utf8 ? std::string(name) : ReplaceNonLegacyCharacters(name, false);
  }

  void AppendName(std::string_view name, bool is_legacy) {
    if (is_legacy) {
      page_.append(name);
      return;
    }
    AppendQuoted(name);
  }

  void AppendQuoted(std::string_view text) {
    page_.push_back('"');
    exposition::AppendEscaped(page_, text, exposition::EscapedIn::kLabelValue);
    page_.push_back('"');
  }

  // A name that needs quotes goes into the braces, before the labels.
  void AppendSeries(std::string_view metric, const Labels& labels) {
    const std::string name = MetricName(metric);
    separator_ = '{';
    if (IsLegacyMetricName(name)) {
      page_.append(name);
    } else {
      page_.push_back(std::exchange(separator_, ','));
      AppendQuoted(name);
    }
    for (const LabelView label : labels) {
      if (label.name != kMetricNameLabel) AppendLabel(label.name, label.value);
    }
    for (const auto& [key, value] : external_labels_) {
      if (!labels.Has(key)) AppendLabel(key, value);
    }
    if (separator_ == ',') page_.push_back('}');
  }

  void AppendLabel(std::string_view key, std::string_view value) {
    page_.push_back(std::exchange(separator_, ','));
    const std::string name = LabelName(key);
    AppendName(name, IsLegacyLabelName(name));
    page_.push_back('=');
    AppendQuoted(value);
  }

  const TextFormat format_;
  const LabelPairs external_labels_;
  std::string page_;
  std::string last_metric_;
  char separator_ = '{';
};

struct FederatedSample {
  Labels labels;
  int64_t timestamp_ms;
  double value;
};

// An `instance` that a series does not have is said to be empty, lest the scraping server put its
// own.
LabelPairs ExternalLabels(const std::function<Labels()>& source) {
  std::map<std::string, std::string> labels;
  if (source) {
    for (const LabelView label : source()) labels.emplace(label.name, label.value);
  }
  labels.emplace(kInstanceLabel, "");
  return LabelPairs(labels.begin(), labels.end());
}

Status AppendSamples(storage::Querier& querier, const std::vector<Matcher>& matchers,
                     int64_t start_ms, int64_t end_ms, std::vector<FederatedSample>& out) {
  constexpr size_t kBatch = 1024;
  storage::SelectHints hints;
  hints.start_ms = start_ms;
  hints.end_ms = end_ms;
  TOCSIN_ASSIGN_OR_RETURN(const auto series, querier.Select(matchers, hints));
  std::vector<storage::SeriesSet::Latest> latest;
  for (size_t first = 0; first < series->size(); first += kBatch) {
    latest.resize(std::min(kBatch, series->size() - first));
    TOCSIN_RETURN_IF_ERROR(series->ReadLatest(first, start_ms, end_ms, latest));
    for (size_t i = 0; i < latest.size(); ++i) {
      const auto& sample = latest[i];
      const bool is_absent = sample.timestamp_ms == storage::SeriesSet::kNoSample;
      if (is_absent || sample.histogram || IsStaleNan(sample.value)) continue;
      out.push_back({series->LabelsOf(first + i), sample.timestamp_ms, sample.value});
    }
  }
  return {};
}

// In order of metric name, so that each family stands together, then of labels; a series that
// several parameters select comes once.
void SortByMetric(std::vector<FederatedSample>& samples) {
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
    const int names = a.labels.Get(kMetricNameLabel).compare(b.labels.Get(kMetricNameLabel));
    return names != 0 ? names < 0 : a.labels < b.labels;
  });
  samples.erase(std::unique(samples.begin(), samples.end(),
                            [](const auto& a, const auto& b) { return a.labels == b.labels; }),
                samples.end());
}

}  // namespace

void Federation::Register(http::Router& router, const Readiness* readiness) const {
  http::Handler serve = [this](http::Request& request, http::Response& response) {
    Serve(request, response);
  };
  if (readiness != nullptr) serve = readiness->Guard(std::move(serve));
  router.Handle("GET", "/federate", std::move(serve));
}

void Federation::Serve(const http::Request& request, http::Response& response) const {
  std::vector<std::vector<Matcher>> sets;
  for (const std::string_view text : request.Parameters("match[]")) {
    auto matchers = promql::ParseMetricSelector(text);
    if (!matchers) return response.SetText(400, matchers.error().message() + "\n");
    sets.push_back(std::move(*matchers));
  }
  const int64_t end_ms = dependencies_.clock.NowMs();
  // The window is open on the left, as everywhere in PromQL.
  const int64_t start_ms = end_ms - dependencies_.lookback_delta_ms + 1;
  const auto querier = dependencies_.queryable.MakeQuerier(start_ms, end_ms);
  if (!querier) return response.SetText(500, querier.error().message() + "\n");
  std::vector<FederatedSample> samples;
  for (const std::vector<Matcher>& matchers : sets) {
    const Status status = AppendSamples(**querier, matchers, start_ms, end_ms, samples);
    if (!status) return response.SetText(500, status.error().message() + "\n");
  }
  SortByMetric(samples);
  const TextFormat format = Negotiate(request.Header("Accept"));
  FederationPage page(format, ExternalLabels(dependencies_.external_labels));
  for (const FederatedSample& sample : samples) {
    page.Add(sample.labels, sample.value, sample.timestamp_ms);
  }
  response.SetHeader("Content-Type", format.ContentType());
  response.body = page.Take();
}

}  // namespace tocsin::web

#include "telemetry/registry.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <sstream>
#include <unordered_map>

namespace tocsin::telemetry {

namespace {

class CounterOn final : public Counter {
 public:
  explicit CounterOn(prometheus::Counter& counter) : counter_(counter) {}
  void Increment(double by) override { counter_.Increment(by); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class GaugeOn final : public Gauge {
 public:
  explicit GaugeOn(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }
  void Add(double by) override { gauge_.Increment(by); }
  double value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

template <typename Metric>
class HistogramOn final : public Histogram {
 public:
  explicit HistogramOn(Metric& metric) : metric_(metric) {}
  void Observe(double value) override { metric_.Observe(value); }

 private:
  Metric& metric_;
};

prometheus::Labels ToLabels(const LabelPairs& pairs) { return {pairs.begin(), pairs.end()}; }

constexpr std::chrono::minutes kSummaryWindow(10);  // Go client's default MaxAge.

}  // namespace

struct Registry::State {
  // Merge: asking again for a family returns the one there is.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::mutex mutex;
  std::unordered_map<void*, std::unique_ptr<Counter>> counters;
  std::unordered_map<void*, std::unique_ptr<Gauge>> gauges;
  std::unordered_map<void*, std::unique_ptr<Histogram>> histograms;
  std::mutex refresh_mutex;  // Held while refreshes run, so that removal waits for them.
  std::map<uint64_t, std::function<void()>> refreshes;
  uint64_t next_refresh_id = 1;

  // The handle on `metric`, made at first use.
  template <typename Handle, typename Interface, typename Metric>
  Interface& HandleOn(std::unordered_map<void*, std::unique_ptr<Interface>>& handles,
                      Metric& metric) {
    std::lock_guard lock(mutex);
    auto& handle = handles[&metric];
    if (!handle) handle = std::make_unique<Handle>(metric);
    return *handle;
  }
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter& Registry::AddCounter(const std::string& name, const std::string& help,
                              const LabelPairs& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
  return state_->HandleOn<CounterOn>(state_->counters, family.Add(ToLabels(labels)));
}

Gauge& Registry::AddGauge(const std::string& name, const std::string& help,
                          const LabelPairs& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  return state_->HandleOn<GaugeOn>(state_->gauges, family.Add(ToLabels(labels)));
}

Histogram& Registry::AddHistogram(const std::string& name, const std::string& help,
                                  const std::vector<double>& upper_bounds,
                                  const LabelPairs& labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
  return state_->HandleOn<HistogramOn<prometheus::Histogram>>(
      state_->histograms,
      family.Add(ToLabels(labels), prometheus::Histogram::BucketBoundaries(upper_bounds)));
}

Histogram& Registry::AddSummary(const std::string& name, const std::string& help,
                                const LabelPairs& labels) {
  auto& family = prometheus::BuildSummary().Name(name).Help(help).Register(state_->registry);
  return state_->HandleOn<HistogramOn<prometheus::Summary>>(
      state_->histograms,
      family.Add(ToLabels(labels),
                 prometheus::Summary::Quantiles{{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}},
                 kSummaryWindow));
}

uint64_t Registry::AddRefresh(std::function<void()> refresh) {
  std::lock_guard lock(state_->refresh_mutex);
  const uint64_t id = state_->next_refresh_id++;
  state_->refreshes.emplace(id, std::move(refresh));
  return id;
}

void Registry::RemoveRefresh(uint64_t id) {
  std::lock_guard lock(state_->refresh_mutex);
  state_->refreshes.erase(id);
}

std::string Registry::Expose() {
  {
    std::lock_guard lock(state_->refresh_mutex);
    for (const auto& [id, refresh] : state_->refreshes) refresh();
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->registry.Collect());
  return std::move(out).str();
}

}  // namespace tocsin::telemetry

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::telemetry {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// A value that only goes up. Thread-safe; lives as long as its Registry.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Increment(double by = 1) = 0;
  virtual double value() const = 0;
};

/// A value that goes both ways. Thread-safe; lives as long as its Registry.
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
  virtual void Add(double by) = 0;
  virtual double value() const = 0;
};

/// Counts observations in buckets (or, made as a summary, in quantiles). Thread-safe; lives as long
/// as its Registry.
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

/// Tocsin's own metrics, under the names Prometheus and Alertmanager give them where the meaning is
/// the same. One per process, made by `app` and handed to components by constructor. Asking twice
/// for the same name and labels returns the same object. Thread-safe.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(const std::string& name, const std::string& help,
                      const LabelPairs& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const LabelPairs& labels = {});
  Histogram& AddHistogram(const std::string& name, const std::string& help,
                          const std::vector<double>& upper_bounds, const LabelPairs& labels = {});
  /// Quantiles 0.5, 0.9 and 0.99 over ten minutes.
  Histogram& AddSummary(const std::string& name, const std::string& help,
                        const LabelPairs& labels = {});

  /// Runs `refresh` before each exposition, to set gauges whose value is somewhere else (heap
  /// sizes, queue lengths). Returns an id; after RemoveRefresh returned, it is neither running nor
  /// will run.
  uint64_t AddRefresh(std::function<void()> refresh);
  void RemoveRefresh(uint64_t id);

  /// Everything in text format 0.0.4.
  std::string Expose();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::telemetry

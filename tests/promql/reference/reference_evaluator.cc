#include "promql/reference/reference_evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace tocsin::promql::reference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kStaleBits = 0x7ff0000000000002;

bool IsStale(double value) { return std::bit_cast<uint64_t>(value) == kStaleBits; }

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

struct Point {
  int64_t time_ms;
  double value;
};
using Points = std::vector<Point>;

/// A sum that carries what rounding took from it.
struct CarefulSum {
  double sum = 0;
  double lost = 0;
  void Add(double x) {
    const double next = sum + x;
    if (std::isinf(next)) {
      lost = 0;
    } else if (std::fabs(sum) >= std::fabs(x)) {
      lost += (sum - next) + x;
    } else {
      lost += (x - next) + sum;
    }
    sum = next;
  }
  double Total() const { return std::isinf(sum) ? sum : sum + lost; }
};

double SumOf(const std::vector<double>& values) {
  CarefulSum sum;
  for (const double value : values) sum.Add(value);
  return sum.Total();
}

double MeanOf(const std::vector<double>& values) {
  CarefulSum sum;
  for (const double value : values) sum.Add(value);
  const auto n = static_cast<double>(values.size());
  return sum.sum / n + sum.lost / n;
}

double Extreme(const std::vector<double>& values, bool is_max) {
  double best = values[0];
  for (const double value : values) {
    if (std::isnan(best) || (is_max ? value > best : value < best)) best = value;
  }
  return best;
}

double QuantileOf(double quantile, std::vector<double> values) {
  if (std::isnan(quantile)) return kNan;
  if (quantile < 0) return -std::numeric_limits<double>::infinity();
  if (quantile > 1) return std::numeric_limits<double>::infinity();
  std::sort(values.begin(), values.end(), [](double a, double b) {
    return std::isnan(a) ? !std::isnan(b) : a < b;  // NaN below everything.
  });
  const double rank = quantile * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(std::floor(rank));
  const size_t high = std::min(values.size() - 1, low + 1);
  const double weight = rank - std::floor(rank);
  return values[low] * (1 - weight) + values[high] * weight;
}

/// Welford's running mean and squares; over windows both are summed with care.
double VarianceOf(const std::vector<double>& values, bool with_care) {
  double count = 0;
  CarefulSum mean;
  CarefulSum squares;
  const auto total = [&](const CarefulSum& sum) {
    return with_care ? sum.sum + sum.lost : sum.sum;
  };
  for (const double value : values) {
    ++count;
    const double delta = value - total(mean);
    mean.Add(delta / count);
    squares.Add(delta * (value - total(mean)));
  }
  return total(squares) / count;
}

std::optional<double> RateOf(const Points& points, int64_t start_ms, int64_t end_ms,
                             bool is_counter, bool per_second) {
  if (points.size() < 2) return std::nullopt;
  double increase = points.back().value - points.front().value;
  for (size_t i = 1; is_counter && i < points.size(); ++i) {
    if (points[i].value < points[i - 1].value) increase += points[i - 1].value;
  }
  const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
  double to_start = seconds(points.front().time_ms - start_ms);
  double to_end = seconds(end_ms - points.back().time_ms);
  const double sampled = seconds(points.back().time_ms - points.front().time_ms);
  const double average = sampled / static_cast<double>(points.size() - 1);
  if (to_start >= average * 1.1) to_start = average / 2;
  if (is_counter && increase > 0 && points.front().value >= 0) {
    to_start = std::min(to_start, sampled * (points.front().value / increase));
  }
  if (to_end >= average * 1.1) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (per_second) factor /= seconds(end_ms - start_ms);
  return increase * factor;
}

std::optional<double> InstantRate(const Points& points, bool is_counter) {
  if (points.size() < 2) return std::nullopt;
  const Point& before = points[points.size() - 2];
  const Point& now = points.back();
  double value = is_counter && now.value < before.value ? now.value : now.value - before.value;
  if (is_counter) value /= static_cast<double>(now.time_ms - before.time_ms) / 1000;
  return value;
}

std::optional<double> Slope(const Points& points) {
  if (points.size() < 2) return std::nullopt;
  const bool is_constant = std::all_of(points.begin(), points.end(), [&](const Point& point) {
    return point.value == points[0].value;
  });
  if (is_constant) return std::isinf(points[0].value) ? kNan : 0;
  CarefulSum x_sum, y_sum, xy_sum, xx_sum;
  for (const Point& point : points) {
    const double x = static_cast<double>(point.time_ms - points[0].time_ms) / 1e3;
    x_sum.Add(x);
    y_sum.Add(point.value);
    xy_sum.Add(x * point.value);
    xx_sum.Add(x * x);
  }
  const auto n = static_cast<double>(points.size());
  const double x = x_sum.sum + x_sum.lost;
  const double covariance = xy_sum.sum + xy_sum.lost - x * (y_sum.sum + y_sum.lost) / n;
  return covariance / (xx_sum.sum + xx_sum.lost - x * x / n);
}

double CountOf(const Points& points, bool counts_changes) {
  double count = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    const double before = points[i - 1].value;
    const double now = points[i].value;
    const bool both_nan = std::isnan(before) && std::isnan(now);
    count += counts_changes ? now != before && !both_nan : now < before;
  }
  return count;
}

std::optional<double> OfWindow(const Query& query, const Points& points, int64_t start_ms,
                               int64_t end_ms) {
  const std::string& f = query.name;
  if (f == "rate") return RateOf(points, start_ms, end_ms, true, true);
  if (f == "increase") return RateOf(points, start_ms, end_ms, true, false);
  if (f == "delta") return RateOf(points, start_ms, end_ms, false, false);
  if (f == "irate") return InstantRate(points, true);
  if (f == "idelta") return InstantRate(points, false);
  if (f == "deriv") return Slope(points);
  if (points.empty()) return std::nullopt;
  std::vector<double> values;
  for (const Point& point : points) values.push_back(point.value);
  if (f == "sum_over_time") return SumOf(values);
  if (f == "avg_over_time") return MeanOf(values);
  if (f == "min_over_time") return Extreme(values, false);
  if (f == "max_over_time") return Extreme(values, true);
  if (f == "count_over_time") return static_cast<double>(values.size());
  if (f == "present_over_time") return 1.0;
  if (f == "first_over_time") return values.front();
  if (f == "last_over_time") return values.back();
  if (f == "stdvar_over_time") return VarianceOf(values, true);
  if (f == "stddev_over_time") return std::sqrt(VarianceOf(values, true));
  if (f == "quantile_over_time") return QuantileOf(*query.number, values);
  if (f == "changes") return CountOf(points, true);
  return CountOf(points, false);  // resets
}

double OfFloat(const Query& query, double x) {
  const std::string& f = query.name;
  if (f == "abs") return std::fabs(x);
  if (f == "ceil") return std::ceil(x);
  if (f == "floor") return std::floor(x);
  if (f == "sgn") return x < 0 ? -1 : x > 0 ? 1 : x;
  if (f == "-") return -x;
  if (f == "round") return std::floor(x + 0.5);
  const double bound = *query.number;
  if (std::isnan(x)) return x;
  return f == "clamp_min" ? std::max(x, bound) : std::min(x, bound);
}

/// The value of `a op b`, or nothing where a comparison without bool does not hold.
std::optional<double> Operate(const Query& query, double a, double b, double kept) {
  const std::string& op = query.name;
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "%") return std::fmod(a, b);
  const bool holds = op == "==" ? a == b : op == "!=" ? a != b : op == ">" ? a > b : a < b;
  if (query.is_bool) return holds ? 1 : 0;
  return holds ? std::optional(kept) : std::nullopt;
}

bool IsArithmetic(const std::string& op) { return std::string("+-*/%").find(op) != op.npos; }

class Evaluator {
 public:
  Evaluator(const Database& database, int64_t lookback_ms)
      : database_(database), lookback_ms_(lookback_ms) {}

  Vector Eval(const Query& query, int64_t time_ms) {
    switch (query.kind) {
      case Query::Kind::kSelector:
        return Select(query, time_ms);
      case Query::Kind::kWindow:
        return OverWindows(query, time_ms);
      case Query::Kind::kFunction:
        return Distinct(Each(query, time_ms));
      case Query::Kind::kAggregate:
        return Aggregate(query, time_ms);
      case Query::Kind::kScalar:
        return Distinct(WithNumber(query, time_ms));
      case Query::Kind::kJoin:
        return JoinVectors(query, time_ms);
      case Query::Kind::kSet:
        return SetOperation(query, time_ms);
      default:
        return Eval(*query.children[0], time_ms).empty() ? Vector{{{}, 1}} : Vector{};
    }
  }
  bool has_failed() const { return has_failed_; }

 private:
  static int64_t Shifted(const Query& query, int64_t time_ms) {
    return query.at_ms.value_or(time_ms) - query.offset_ms;
  }

  static bool Matches(const Query& query, const Labels& labels) {
    if (labels.Get("__name__") != query.name) return false;
    if (query.label.empty()) return true;
    const bool same = labels.Get(query.label) == query.value;
    return query.matcher == "=" ? same : !same;
  }

  Vector Select(const Query& query, int64_t time_ms) const {
    const int64_t at_ms = Shifted(query, time_ms);
    Vector result;
    for (const auto& [labels, samples] : database_) {
      if (!Matches(query, labels)) continue;
      auto after = samples.upper_bound(at_ms);
      if (after == samples.begin()) continue;
      const auto& [sample_ms, value] = *std::prev(after);
      if (sample_ms <= at_ms - lookback_ms_ || IsStale(value)) continue;
      result.push_back({labels, value});
    }
    return result;
  }

  using Series = std::vector<std::pair<Labels, Points>>;

  Series WindowsOf(const Query& query, int64_t start_ms, int64_t end_ms) {
    const Query& child = *query.children[0];
    Series series;
    if (query.step_ms == 0) {
      for (const auto& [labels, samples] : database_) {
        if (!Matches(child, labels)) continue;
        Points points;
        for (const auto& [sample_ms, value] : samples) {
          if (sample_ms > start_ms && sample_ms <= end_ms && !IsStale(value)) {
            points.push_back({sample_ms, value});
          }
        }
        series.push_back({labels, std::move(points)});
      }
      return series;
    }
    std::map<Labels, size_t> found;
    for (int64_t at_ms = start_ms + 1; at_ms <= end_ms; ++at_ms) {
      if (at_ms % query.step_ms != 0) {
        // Straight to the multiple that follows.
        int64_t next_ms = at_ms / query.step_ms * query.step_ms;
        if (next_ms < at_ms) next_ms += query.step_ms;
        at_ms = next_ms - 1;
        continue;
      }
      for (const Element& element : Eval(child, at_ms)) {
        const auto [place, is_new] = found.try_emplace(element.labels, series.size());
        if (is_new) series.push_back({element.labels, {}});
        series[place->second].second.push_back({at_ms, element.value});
      }
    }
    return series;
  }

  Vector OverWindows(const Query& query, int64_t time_ms) {
    const Query& child = *query.children[0];
    const int64_t end_ms = query.step_ms == 0 ? Shifted(child, time_ms) : Shifted(query, time_ms);
    const int64_t start_ms = end_ms - query.range_ms;
    const bool keeps_name = query.name == "first_over_time" || query.name == "last_over_time";
    Vector result;
    for (const auto& [labels, points] : WindowsOf(query, start_ms, end_ms)) {
      const std::optional<double> value = OfWindow(query, points, start_ms, end_ms);
      if (value) result.push_back({keeps_name ? labels : labels.WithoutName(), *value});
    }
    return Distinct(std::move(result));
  }

  Vector Each(const Query& query, int64_t time_ms) {
    Vector result = Eval(*query.children[0], time_ms);
    for (Element& element : result) {
      element = {element.labels.WithoutName(), OfFloat(query, element.value)};
    }
    return result;
  }

  Vector WithNumber(const Query& query, int64_t time_ms) {
    Vector result;
    for (const Element& element : Eval(*query.children[0], time_ms)) {
      const double left = query.number_is_left ? *query.number : element.value;
      const double right = query.number_is_left ? element.value : *query.number;
      const std::optional<double> value = Operate(query, left, right, element.value);
      if (!value) continue;
      const bool drops_name = IsArithmetic(query.name) || query.is_bool;
      result.push_back({drops_name ? element.labels.WithoutName() : element.labels, *value});
    }
    return result;
  }

  static Labels KeyOf(const Query& query, const Labels& labels) {
    if (!query.is_inverse) return labels.Only(query.labels);
    std::vector<std::string> names = query.labels;
    names.push_back("__name__");
    return labels.Without(names);
  }

  Vector Aggregate(const Query& query, int64_t time_ms) {
    std::vector<std::pair<Labels, std::vector<double>>> groups;
    std::map<Labels, size_t> found;
    for (const Element& element : Eval(*query.children[0], time_ms)) {
      Labels key = KeyOf(query, element.labels);
      const auto [place, is_new] = found.try_emplace(key, groups.size());
      if (is_new) groups.push_back({std::move(key), {}});
      groups[place->second].second.push_back(element.value);
    }
    Vector result;
    for (const auto& [labels, values] : groups) result.push_back({labels, OfGroup(query, values)});
    return result;
  }

  static double OfGroup(const Query& query, const std::vector<double>& values) {
    const std::string& f = query.name;
    if (f == "sum") return SumOf(values);
    if (f == "avg") return MeanOf(values);
    if (f == "min") return Extreme(values, false);
    if (f == "max") return Extreme(values, true);
    if (f == "count") return static_cast<double>(values.size());
    if (f == "group") return 1;
    if (f == "stdvar") return VarianceOf(values, false);
    if (f == "stddev") return std::sqrt(VarianceOf(values, false));
    return QuantileOf(*query.number, values);
  }

  Vector JoinVectors(const Query& query, int64_t time_ms) {
    const Vector left = Eval(*query.children[0], time_ms);
    const Vector right = Eval(*query.children[1], time_ms);
    if (left.empty() || right.empty()) return {};
    std::map<Labels, double> by_key;
    for (const Element& element : right) {
      if (!by_key.emplace(KeyOf(query, element.labels), element.value).second) has_failed_ = true;
    }
    std::set<Labels> matched;
    Vector result;
    for (const Element& element : left) {
      const Labels key = KeyOf(query, element.labels);
      const auto other = by_key.find(key);
      if (other == by_key.end()) continue;
      if (!matched.insert(key).second) has_failed_ = true;
      const std::optional<double> value =
          Operate(query, element.value, other->second, element.value);
      if (!value) continue;
      const bool drops_name = IsArithmetic(query.name) || query.is_bool;
      Labels labels = drops_name ? element.labels.WithoutName() : element.labels;
      labels = query.is_inverse ? labels.Without(query.labels) : labels.Only(query.labels);
      result.push_back({std::move(labels), *value});
    }
    return result;
  }

  Vector SetOperation(const Query& query, int64_t time_ms) {
    const Vector left = Eval(*query.children[0], time_ms);
    const Vector right = Eval(*query.children[1], time_ms);
    const auto keys_of = [&](const Vector& side) {
      std::set<Labels> keys;
      for (const Element& element : side) keys.insert(KeyOf(query, element.labels));
      return keys;
    };
    const std::set<Labels> left_keys = keys_of(left);
    const std::set<Labels> right_keys = keys_of(right);
    Vector result;
    for (const Element& element : left) {
      const bool is_there = right_keys.contains(KeyOf(query, element.labels));
      if (query.name == "or" || is_there == (query.name == "and")) result.push_back(element);
    }
    for (const Element& element : right) {
      if (query.name != "or" || left_keys.contains(KeyOf(query, element.labels))) continue;
      result.push_back(element);
    }
    return Distinct(std::move(result));
  }

  /// No label set may occur twice.
  Vector Distinct(Vector vector) {
    std::set<Labels> seen;
    for (const Element& element : vector) has_failed_ |= !seen.insert(element.labels).second;
    return vector;
  }

  const Database& database_;
  const int64_t lookback_ms_;
  bool has_failed_ = false;
};

}  // namespace

std::string Query::Text() const {
  std::string time;
  if (at_ms) time += fmt::format(" @ {:.3f}", static_cast<double>(*at_ms) / 1000);
  if (offset_ms != 0) time += fmt::format(" offset {}ms", offset_ms);
  const std::string matchers =
      label.empty() ? "" : fmt::format("{{{}{}\"{}\"}}", label, matcher, value);
  const auto child = [&](size_t i) { return children[i]->Text(); };
  const std::string list = "(" + Join(labels) + ")";
  switch (kind) {
    case Kind::kSelector:
      return name + matchers + time;
    case Kind::kWindow: {
      const std::string quantile = number ? fmt::format("{}, ", *number) : "";
      if (step_ms > 0) {
        return fmt::format("{}({}({})[{}ms:{}ms]{})", name, quantile, child(0), range_ms, step_ms,
                           time);
      }
      Query bare = *children[0];
      bare.at_ms.reset();
      bare.offset_ms = 0;
      const std::string whole = child(0);
      return fmt::format("{}({}{}[{}ms]{})", name, quantile, bare.Text(), range_ms,
                         whole.substr(bare.Text().size()));
    }
    case Kind::kFunction:
      if (name == "-") return "-(" + child(0) + ")";
      return number ? fmt::format("{}({}, {})", name, child(0), *number)
                    : fmt::format("{}({})", name, child(0));
    case Kind::kAggregate:
      return fmt::format("{} {} {} ({}{})", name, is_inverse ? "without" : "by", list,
                         number ? fmt::format("{}, ", *number) : "", child(0));
    case Kind::kScalar: {
      const std::string op = name + (is_bool ? " bool" : "");
      return number_is_left ? fmt::format("({} {} {})", *number, op, child(0))
                            : fmt::format("({} {} {})", child(0), op, *number);
    }
    case Kind::kJoin:
    case Kind::kSet:
      return fmt::format("({} {}{} {} {} {})", child(0), name, is_bool ? " bool" : "",
                         is_inverse ? "ignoring" : "on", list, child(1));
    default:
      return "absent(" + child(0) + ")";
  }
}

std::optional<Vector> Evaluate(const Query& query, const Database& database, int64_t time_ms,
                               int64_t lookback_ms) {
  Evaluator evaluator(database, lookback_ms);
  Vector result = evaluator.Eval(query, time_ms);
  if (evaluator.has_failed()) return std::nullopt;
  return result;
}

}  // namespace tocsin::promql::reference

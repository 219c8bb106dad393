#include "promql/reference/random_queries.h"

#include <bit>
#include <limits>

namespace tocsin::promql::reference {
namespace {

constexpr int64_t kHorizonMs = 1'200'000;

class Generator {
 public:
  explicit Generator(std::mt19937_64& random) : random_(random) {}

  int64_t Between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename T>
  T Pick(std::initializer_list<T> choices) {
    return *(choices.begin() + Between(0, static_cast<int64_t>(choices.size()) - 1));
  }

  Samples MakeSamples() {
    Samples samples;
    const bool is_counter = OneIn(2);
    const int64_t interval_ms = Pick<int64_t>({10'000, 15'000, 30'000});
    double value = static_cast<double>(Between(0, 20));
    for (int64_t at_ms = Between(0, 60'000); at_ms < kHorizonMs; at_ms += interval_ms) {
      if (OneIn(15)) continue;
      value = is_counter ? value + static_cast<double>(Between(0, 8)) / 4
                         : static_cast<double>(Between(-40, 40)) / 4;
      if (OneIn(25)) value = 0;
      samples[at_ms + (OneIn(3) ? Between(0, 999) : 0)] = OneIn(40) ? OddValue() : value;
    }
    return samples;
  }

  std::shared_ptr<const Query> Make(int depth) {
    if (depth <= 0) return std::make_shared<Query>(Selector());
    switch (Between(0, 9)) {
      case 0:
        return std::make_shared<Query>(Selector());
      case 1:
      case 2:
      case 3:
        return std::make_shared<Query>(Window(depth));
      case 4:
        return std::make_shared<Query>(Function(depth));
      case 5:
      case 6:
        return Aggregate(depth);
      case 7:
        return std::make_shared<Query>(WithNumber(depth));
      case 8:
        return std::make_shared<Query>(Pair(depth));
      default:
        return std::make_shared<Query>(Absent(depth));
    }
  }

 private:
  double OddValue() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double stale = std::bit_cast<double>(uint64_t{0x7ff0000000000002});
    return Pick({stale, stale, std::numeric_limits<double>::quiet_NaN(), kInfinity, -0.0, 1e6});
  }

  Query Selector() {
    Query query;
    query.kind = Query::Kind::kSelector;
    query.name = Pick<std::string>({"a_total", "b", "c"});
    if (OneIn(2)) {
      query.label = Pick<std::string>({"x", "y"});
      query.matcher = Pick<std::string>({"=", "!="});
      query.value = Pick<std::string>({"1", "2", "3", ""});
    }
    if (OneIn(5)) query.offset_ms = Between(-120, 120) * 1000;
    if (OneIn(8)) query.at_ms = Between(0, 1200) * 1000;
    return query;
  }

  Query Window(int depth) {
    Query query;
    query.kind = Query::Kind::kWindow;
    query.name = Pick<std::string>({"rate", "increase", "delta", "irate", "idelta", "deriv",
                                    "changes", "resets", "sum_over_time", "avg_over_time",
                                    "min_over_time", "max_over_time", "count_over_time",
                                    "present_over_time", "first_over_time", "last_over_time",
                                    "stddev_over_time", "stdvar_over_time", "quantile_over_time"});
    if (query.name == "quantile_over_time") query.number = Pick({0.0, 0.25, 0.5, 0.9, 1.0});
    query.range_ms = Between(1, 60) * 10'000;
    if (OneIn(3)) {
      query.step_ms = Pick<int64_t>({15'000, 20'000, 60'000, 7'000});
      query.range_ms = Between(1, 30) * 10'000;
      if (OneIn(4)) query.offset_ms = Between(-60, 60) * 1000;
      if (OneIn(6)) query.at_ms = Between(0, 1200) * 1000;
      query.children = {Make(depth - 1)};
    } else {
      query.children = {std::make_shared<Query>(Selector())};
    }
    return query;
  }

  Query Function(int depth) {
    Query query;
    query.kind = Query::Kind::kFunction;
    query.name =
        Pick<std::string>({"abs", "ceil", "floor", "sgn", "-", "round", "clamp_min", "clamp_max"});
    if (query.name.starts_with("clamp")) query.number = static_cast<double>(Between(-5, 20));
    query.children = {Make(depth - 1)};
    return query;
  }

  std::shared_ptr<const Query> Aggregate(int depth) {
    Query query;
    query.kind = Query::Kind::kAggregate;
    query.name = Pick<std::string>(
        {"sum", "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile"});
    if (query.name == "quantile") query.number = Pick({0.0, 0.3, 0.5, 0.99, 1.0});
    query.is_inverse = OneIn(3);
    query.labels = SomeLabels();
    query.children = {Make(depth - 1)};
    return std::make_shared<Query>(std::move(query));
  }

  Query WithNumber(int depth) {
    Query query;
    query.kind = Query::Kind::kScalar;
    query.name = Pick<std::string>({"+", "-", "*", "/", "%", "==", "!=", ">", "<"});
    query.number = static_cast<double>(Between(-8, 40)) / 4;
    query.number_is_left = OneIn(3);
    query.is_bool = query.name.find_first_of("=<>") != std::string::npos && OneIn(2);
    query.children = {Make(depth - 1)};
    return query;
  }

  /// Mostly of sides that match one to one.
  Query Pair(int depth) {
    Query query;
    query.kind = OneIn(2) ? Query::Kind::kJoin : Query::Kind::kSet;
    const bool is_set = query.kind == Query::Kind::kSet;
    query.name = is_set ? Pick<std::string>({"and", "or", "unless"})
                        : Pick<std::string>({"+", "-", "*", "/", "==", "!=", ">", "<"});
    query.is_bool = !is_set && query.name.find_first_of("=<>") != std::string::npos && OneIn(2);
    query.is_inverse = OneIn(4);
    if (!query.is_inverse) query.labels = {"x", "y"};
    query.children = {OneIn(5) && !is_set ? Make(depth - 1) : Aggregate(depth - 1),
                      OneIn(5) && !is_set ? Make(depth - 1) : Aggregate(depth - 1)};
    return query;
  }

  Query Absent(int depth) {
    Query query;
    query.kind = Query::Kind::kAbsent;
    // Of an aggregation, so that the answer has no labels of a selector.
    query.children = {Aggregate(depth - 1)};
    return query;
  }

  std::vector<std::string> SomeLabels() {
    switch (Between(0, 3)) {
      case 0:
        return {};
      case 1:
        return {"x"};
      case 2:
        return {"y"};
      default:
        return {"x", "y"};
    }
  }

  std::mt19937_64& random_;
};

}  // namespace

Database RandomDatabase(std::mt19937_64& random) {
  Generator generator(random);
  Database database;
  for (const char* name : {"a_total", "b", "c"}) {
    for (const char* x : {"1", "2", ""}) {
      for (const char* y : {"1", "2", "3"}) {
        if (generator.OneIn(3)) continue;
        database[{{"__name__", name}, {"x", x}, {"y", y}}] = generator.MakeSamples();
      }
    }
  }
  return database;
}

std::shared_ptr<const Query> RandomQuery(std::mt19937_64& random, int depth) {
  return Generator(random).Make(depth);
}

}  // namespace tocsin::promql::reference

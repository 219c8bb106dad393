#include "promql/histogram_description.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "model/labels.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kContext = "histogram description";

class HistogramParser {
 public:
  explicit HistogramParser(TextCursor& cursor) : cursor_(cursor) {}

  Result<HistogramDescription> Parse() {
    if (!cursor_.Accept("{{")) return cursor_.Unexpected(kContext, "\"{{\"");
    bool may_follow = true;
    for (;;) {
      may_follow |= cursor_.SkipSpaces();
      if (cursor_.Accept("}}")) break;
      if (!may_follow || cursor_.AtEnd()) {
        return cursor_.Unexpected(kContext, "histogram description key, e.g. buckets:[5 10 7]");
      }
      TOCSIN_RETURN_IF_ERROR(ParseItem());
      may_follow = false;
    }
    PlaceBuckets();
    return std::move(result_);
  }

 private:
  Status ParseItem() {
    const Error bad_start = cursor_.Unexpected(kContext);
    const std::string key(cursor_.TakeWord());
    if (key.empty()) return bad_start;
    if (!IsKey(key)) {
      return cursor_.FailHere(fmt::format("bad histogram descriptor found: {}", GoQuote(key)));
    }
    if (!cursor_.Accept(':')) return cursor_.FailHere("missing `:` for histogram descriptor");
    if (!seen_.insert(key).second) {
      return cursor_.FailHere(fmt::format("duplicate key \"{}\" in histogram", key));
    }
    return ParseValue(key);
  }

  static bool IsKey(std::string_view key) {
    constexpr std::string_view kKeys[] = {
        "sum",       "count",    "schema",     "offset",        "n_offset",          "buckets",
        "n_buckets", "z_bucket", "z_bucket_w", "custom_values", "counter_reset_hint"};
    return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
  }

  Status ParseValue(std::string_view key) {
    FloatHistogram& histogram = result_.histogram;
    if (key == "sum") return ParseNumber(histogram.sum);
    if (key == "count") return ParseNumber(histogram.count);
    if (key == "z_bucket") return ParseNumber(histogram.zero_count);
    if (key == "z_bucket_w") return ParseNumber(histogram.zero_threshold);
    if (key == "schema") return ParseInt32(histogram.schema);
    if (key == "offset") return ParseInt32(positive_offset_);
    if (key == "n_offset") return ParseInt32(negative_offset_);
    if (key == "buckets") return ParseNumbers(histogram.positive_buckets);
    if (key == "n_buckets") return ParseNumbers(histogram.negative_buckets);
    if (key == "custom_values") return ParseNumbers(histogram.custom_values);
    return ParseHint();
  }

  Status ParseNumber(double& out) {
    TOCSIN_ASSIGN_OR_RETURN(out, cursor_.ParseSignedNumber());
    return {};
  }

  Status ParseInt32(int32_t& out) {
    TOCSIN_ASSIGN_OR_RETURN(const int64_t value, cursor_.ParseInteger());
    out = static_cast<int32_t>(value);
    return {};
  }

  Status ParseNumbers(std::vector<double>& out) {
    if (!cursor_.Accept('[')) return cursor_.Unexpected(kContext, "\"[\"");
    for (;;) {
      cursor_.SkipSpaces();
      if (!out.empty() && cursor_.Accept(']')) return {};
      TOCSIN_ASSIGN_OR_RETURN(const double value, cursor_.ParseSignedNumber());
      out.push_back(value);
    }
  }

  Status ParseHint() {
    result_.has_counter_reset_hint = true;
    const Error bad = cursor_.Unexpected(kContext, "counter reset hint");
    const std::string_view hint = cursor_.TakeWord();
    CounterResetHint& out = result_.histogram.counter_reset_hint;
    if (hint == "unknown") {
      out = CounterResetHint::kUnknown;
    } else if (hint == "reset") {
      out = CounterResetHint::kReset;
    } else if (hint == "not_reset") {
      out = CounterResetHint::kNotReset;
    } else if (hint == "gauge") {
      out = CounterResetHint::kGauge;
    } else {
      return bad;
    }
    return {};
  }

  void PlaceBuckets() {
    FloatHistogram& histogram = result_.histogram;
    Place(positive_offset_, histogram.positive_buckets, histogram.positive_spans);
    Place(negative_offset_, histogram.negative_buckets, histogram.negative_spans);
  }

  static void Place(int32_t offset, const std::vector<double>& buckets,
                    std::vector<HistogramSpan>& spans) {
    if (!buckets.empty()) spans = {{offset, static_cast<uint32_t>(buckets.size())}};
  }

  TextCursor& cursor_;
  HistogramDescription result_;
  int32_t positive_offset_ = 0;
  int32_t negative_offset_ = 0;
  std::set<std::string, std::less<>> seen_;
};

using Buckets = std::map<int64_t, double>;  // By index.

// Adds the buckets, `coarser` steps of resolution down, times `sign`.
void AddBuckets(Buckets& out, const std::vector<HistogramSpan>& spans,
                const std::vector<double>& counts, int32_t coarser, double sign) {
  int64_t index = 0;
  size_t next = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index, ++next) {
      out[coarser > 0 ? ((index - 1) >> coarser) + 1 : index] += sign * counts[next];
    }
  }
}

void StoreBuckets(const Buckets& buckets, std::vector<HistogramSpan>& spans,
                  std::vector<double>& counts) {
  spans.clear();
  counts.clear();
  int64_t end = 0;
  for (const auto& [index, count] : buckets) {
    if (spans.empty() || index != end) {
      spans.push_back({static_cast<int32_t>(index - end), 0});
    }
    ++spans.back().length;
    counts.push_back(count);
    end = index + 1;
  }
}

bool HasBucketBelow(const Buckets& buckets, int32_t schema, double threshold) {
  if (buckets.empty() || threshold <= 0) return false;
  const double lower_bound =
      std::exp2(std::ldexp(static_cast<double>(buckets.begin()->first - 1), -schema));
  return lower_bound < threshold;
}

}  // namespace

Result<HistogramDescription> ParseHistogramDescription(TextCursor& cursor) {
  return HistogramParser(cursor).Parse();
}

Result<FloatHistogram> AddHistograms(const FloatHistogram& base, const FloatHistogram& step,
                                     double sign) {
  const auto refuse = [](std::string_view why) {
    return Errorf(ErrorCode::kInvalidArgument, "error combining histograms: {}", why);
  };
  if (base.schema > step.schema) {
    return refuse(fmt::format("cannot merge from schema {} to {}", step.schema, base.schema));
  }
  const bool is_custom = base.schema == FloatHistogram::kCustomBucketsSchema;
  if (is_custom != (step.schema == FloatHistogram::kCustomBucketsSchema) ||
      base.custom_values != step.custom_values) {
    return refuse("custom bounds differ");
  }
  const int64_t schema_distance = int64_t{step.schema} - base.schema;
  constexpr int64_t kMaxSchemaDistance = 12;  // From -4 to 8.
  if (schema_distance > kMaxSchemaDistance) return refuse("no such schema");
  const auto coarser = static_cast<int32_t>(schema_distance);
  FloatHistogram sum = base;
  sum.zero_threshold = std::max(base.zero_threshold, step.zero_threshold);
  sum.zero_count += sign * step.zero_count;
  sum.count += sign * step.count;
  sum.sum += sign * step.sum;
  Buckets positive;
  Buckets negative;
  AddBuckets(positive, base.positive_spans, base.positive_buckets, 0, 1);
  AddBuckets(positive, step.positive_spans, step.positive_buckets, coarser, sign);
  AddBuckets(negative, base.negative_spans, base.negative_buckets, 0, 1);
  AddBuckets(negative, step.negative_spans, step.negative_buckets, coarser, sign);
  if (base.zero_threshold != step.zero_threshold &&
      (HasBucketBelow(positive, base.schema, sum.zero_threshold) ||
       HasBucketBelow(negative, base.schema, sum.zero_threshold))) {
    return refuse("a bucket lies in the other's zero bucket");
  }
  StoreBuckets(positive, sum.positive_spans, sum.positive_buckets);
  StoreBuckets(negative, sum.negative_spans, sum.negative_buckets);
  return sum;
}

}  // namespace tocsin::promql

#include "web/json_result.h"

#include <algorithm>
#include <cstring>

#include "base/json_writer.h"
#include "model/number_text.h"
#include "web/histogram_json.h"
#include "web/sample_text.h"

namespace tocsin::web {
namespace {

using promql::HistogramPoint;
using promql::InstantVector;
using promql::Matrix;
using promql::MatrixSeries;
using promql::QueryResult;
using promql::ResultType;
using promql::ScalarValue;
using promql::StringValue;
using promql::VectorElement;

// As upstream's codec: bytes above ASCII go out as they are.
void AppendPlainString(std::string& out, std::string_view text) {
  out.push_back('"');
  const auto is_special = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  };
  size_t run = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_special(text[i])) continue;
    out.append(text, run, i - run);
    run = i + 1;
    std::string escaped;
    AppendJsonString(escaped, text.substr(i, 1), JsonWriter::Escape::kPlain);
    out.append(escaped, 1, escaped.size() - 2);
  }
  out.append(text, run);
  out.push_back('"');
}

void AppendSampleValue(std::string& out, double value) {
  char text[kMaxSampleTextBytes];
  out.append(text, WriteSampleText(text, value));
}

void AppendHistogramPoint(std::string& out, int64_t timestamp_ms, const FloatHistogram& histogram) {
  out.push_back('[');
  AppendTimestampApi(out, timestamp_ms);
  out.push_back(',');
  AppendHistogramJson(out, histogram);
  out.push_back(']');
}

void AppendElement(std::string& out, const VectorElement& element) {
  out.append("{\"metric\":");
  AppendLabelsJson(out, element.labels);
  if (element.histogram) {
    out.append(",\"histogram\":");
    AppendHistogramPoint(out, element.timestamp_ms, *element.histogram);
  } else {
    out.append(",\"value\":[");
    AppendTimestampApi(out, element.timestamp_ms);
    out.append(",\"");
    AppendSampleValue(out, element.value);
    out.append("\"]");
  }
  out.push_back('}');
}

// Scalars and strings go through Go's standard encoder: the time is an ordinary number, a scalar
// always in fixed notation.
void AppendScalar(std::string& out, const ScalarValue& scalar) {
  JsonWriter json(out);
  json.BeginArray();
  json.Double(static_cast<double>(scalar.timestamp_ms) / 1e3);
  json.String(FormatFloatFixed(scalar.value));
  json.EndArray();
}

void AppendString(std::string& out, const StringValue& text) {
  JsonWriter json(out);
  json.BeginArray();
  json.Double(static_cast<double>(text.timestamp_ms) / 1e3);
  json.String(text.value);
  json.EndArray();
}

void AppendHistograms(std::string& out, const MatrixSeries& series) {
  std::string_view opening = ",\"histograms\":[";
  for (const HistogramPoint& point : series.histograms) {
    out.append(opening);
    opening = ",";
    AppendHistogramPoint(out, point.timestamp_ms, *point.histogram);
  }
  if (!series.histograms.empty()) out.push_back(']');
}

void AppendTimings(JsonWriter& json, const promql::QueryStats& stats) {
  json.BeginObject();
  json.KeyDouble("evalTotalTime", stats.eval_total_seconds);
  json.KeyDouble("resultSortTime", stats.result_sort_seconds);
  json.KeyDouble("queryPreparationTime", stats.preparation_seconds);
  json.KeyDouble("innerEvalTime", stats.inner_eval_seconds);
  json.KeyDouble("execQueueTime", stats.exec_queue_seconds);
  json.KeyDouble("execTotalTime", stats.exec_total_seconds);
  json.EndObject();
}

void AppendSampleStats(JsonWriter& json, const promql::QueryStats& stats, StatsDetail detail,
                       StepTimes steps) {
  json.BeginObject();
  if (detail == StatsDetail::kPerStep) {
    json.Key("totalQueryableSamplesPerStep");
    json.BeginArray();
    int64_t time_ms = steps.start_ms;
    for (const uint64_t samples : stats.total_queryable_samples_per_step) {
      json.BeginArray();
      json.Double(static_cast<double>(time_ms) / 1e3);
      json.Uint(samples);
      json.EndArray();
      time_ms += steps.step_ms;
    }
    json.EndArray();
  }
  json.Key("totalQueryableSamples");
  json.Uint(stats.total_queryable_samples);
  json.Key("samplesRead");
  json.Uint(stats.samples_read);
  json.Key("peakSamples");
  json.Uint(stats.peak_samples);
  json.EndObject();
}

// Collects small writes on the stack; the string is touched once per block.
class Block {
 public:
  explicit Block(std::string& out) : out_(out) {}
  ~Block() { Flush(); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // Room for at least kRoom bytes.
  char* Room() {
    if (static_cast<size_t>(at_ - bytes_) > sizeof bytes_ - kRoom) Flush();
    return at_;
  }
  void Wrote(char* end) { at_ = end; }

  static constexpr size_t kRoom = 48 + kMaxSampleTextBytes;

 private:
  void Flush() {
    out_.append(bytes_, at_);
    at_ = bytes_;
  }
  std::string& out_;
  char bytes_[8192];
  char* at_ = bytes_;
};

}  // namespace

void AppendLabelsJson(std::string& out, const Labels& labels) {
  out.push_back('{');
  std::string_view separator;
  for (const LabelView label : labels) {
    out.append(separator);
    separator = ",";
    AppendPlainString(out, label.name);
    out.push_back(':');
    AppendPlainString(out, label.value);
  }
  out.push_back('}');
}

ResultJsonWriter::ResultJsonWriter(QueryResult result, StatsDetail detail, StepTimes steps)
    : result_(std::move(result)), detail_(detail), steps_(steps) {}

bool ResultJsonWriter::Write(std::string& out) {
  if (!has_started_) Start(out);
  if (WriteSome(out)) return true;
  Finish(out);
  return false;
}

void ResultJsonWriter::Start(std::string& out) {
  has_started_ = true;
  out.append("{\"resultType\":\"").append(ResultTypeName(result_.type())).append("\",\"result\":");
  if (const auto* matrix = std::get_if<Matrix>(&result_.value)) RenderTimestamps(*matrix);
  if (result_.type() == ResultType::kVector || result_.type() == ResultType::kMatrix) {
    out.push_back('[');
  }
}

// True when there is more.
bool ResultJsonWriter::WriteSome(std::string& out) {
  switch (result_.type()) {
    case ResultType::kScalar:
      AppendScalar(out, std::get<ScalarValue>(result_.value));
      return false;
    case ResultType::kString:
      AppendString(out, std::get<StringValue>(result_.value));
      return false;
    case ResultType::kVector:
      return WriteVector(out);
    case ResultType::kMatrix:
      return WriteMatrix(out);
  }
  return false;
}

bool ResultJsonWriter::WriteVector(std::string& out) {
  const auto& vector = std::get<InstantVector>(result_.value);
  for (; next_series_ < vector.size(); ++next_series_) {
    if (out.size() >= kPieceBytes) return true;
    if (next_series_ > 0) out.push_back(',');
    AppendElement(out, vector[next_series_]);
  }
  return false;
}

bool ResultJsonWriter::WriteMatrix(std::string& out) {
  const auto& matrix = std::get<Matrix>(result_.value);
  for (; next_series_ < matrix.series.size(); ++next_series_, next_point_ = 0) {
    if (out.size() >= kPieceBytes) return true;
    const MatrixSeries& series = matrix.series[next_series_];
    if (next_point_ == 0) WriteSeriesStart(out, series);
    if (WritePoints(out, series)) return true;
    if (!series.values.empty()) out.push_back(']');
    AppendHistograms(out, series);
    out.push_back('}');
  }
  return false;
}

void ResultJsonWriter::WriteSeriesStart(std::string& out, const MatrixSeries& series) {
  if (next_series_ > 0) out.push_back(',');
  out.append("{\"metric\":");
  AppendLabelsJson(out, series.labels);
  if (!series.values.empty()) out.append(",\"values\":[");
}

// A piece of the series' points; true when some are left.
bool ResultJsonWriter::WritePoints(std::string& out, const MatrixSeries& series) {
  // A point takes about this much, so a long series is cut into pieces too.
  constexpr size_t kPointBytes = 24;
  const size_t room = out.size() < kPieceBytes ? kPieceBytes - out.size() : 0;
  const size_t count = std::min(series.values.size() - next_point_, room / kPointBytes + 1);
  const size_t end = next_point_ + count;
  Block block(out);
  for (size_t point = next_point_; point < end; ++point) {
    char* at = block.Room();
    if (point > 0) *at++ = ',';
    const TimestampText& timestamp = timestamps_[series.StepOf(point)];
    std::memcpy(at, timestamp.text, sizeof timestamp.text);
    at = WriteSampleText(at + timestamp.size, series.values[point]);
    *at++ = '"';
    *at++ = ']';
    block.Wrote(at);
  }
  next_point_ = end;
  return end < series.values.size();
}

void ResultJsonWriter::Finish(std::string& out) {
  if (result_.type() == ResultType::kVector || result_.type() == ResultType::kMatrix) {
    out.push_back(']');
  }
  if (detail_ != StatsDetail::kNone) {
    out.append(",\"stats\":");
    JsonWriter json(out);
    json.BeginObject();
    json.Key("timings");
    AppendTimings(json, result_.stats);
    json.Key("samples");
    AppendSampleStats(json, result_.stats, detail_, steps_);
    json.EndObject();
  }
  out.push_back('}');
}

void ResultJsonWriter::RenderTimestamps(const Matrix& matrix) {
  timestamps_.reserve(matrix.timestamps_ms.size());
  for (const int64_t timestamp_ms : matrix.timestamps_ms) {
    std::string text = "[";
    AppendTimestampApi(text, timestamp_ms);
    text.append(",\"");
    TimestampText& timestamp = timestamps_.emplace_back();
    timestamp.size = static_cast<uint8_t>(text.size());
    std::memcpy(timestamp.text, text.data(), text.size());
  }
}

}  // namespace tocsin::web

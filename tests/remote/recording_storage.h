#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/appendable.h"

namespace tocsin::remote {

/// A storage that writes down what is appended, with upstream's verdicts on float samples: newer
/// than the newest is fine, the same again too, all else refused. Confined to a thread.
class RecordingStorage final : public storage::Appendable {
 public:
  struct Point {
    int64_t timestamp_ms = 0;
    std::variant<double, Histogram, FloatHistogram> value;
    int64_t start_timestamp_ms = 0;
  };
  struct Series {
    Labels labels;
    std::vector<Point> points;
    std::vector<Exemplar> exemplars;
    std::vector<MetricMetadata> metadata;
  };

  std::unique_ptr<storage::Appender> MakeAppender() override;
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override { return nullptr; }

  /// What has been committed for a series, or null.
  const Series* Find(const Labels& labels) const;
  /// `{a="b"} 1@2 3@4` a line, floats only, in order of labels.
  std::string Text() const;
  /// Makes all references unknown, as when series are dropped.
  void ForgetRefs() { ++generation_; }

  int appends_with_labels = 0;  ///< Calls that had to bring labels.
  int rollbacks = 0;
  Status next_commit;                ///< What commits answer.
  std::map<Labels, Error> refusals;  ///< What samples of a series are answered.

 private:
  class Recorder;
  using Committed = std::map<Labels, Series>;

  Committed series_;
  std::vector<Labels> names_;  // By reference.
  uint64_t generation_ = 1;
};

}  // namespace tocsin::remote

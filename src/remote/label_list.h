#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tocsin::remote {

/// The labels of a message as its sender wrote them: in any order, perhaps twice, perhaps not
/// valid. Borrows the strings. Reused from series to series. Confined to a thread.
class LabelList {
 public:
  void Clear() { labels_.clear(); }
  void Add(std::string_view name, std::string_view value) { labels_.push_back({name, value}); }
  /// To be called after the last Add.
  void Sort();

  enum class Verdict { kValid, kInvalid, kDuplicate };
  /// Whether the labels name a series: a metric name, names and values in UTF-8, no name twice.
  Verdict Check() const;
  /// The first name that is there twice.
  std::string_view DuplicateName() const;

  /// `{a="b", c="d"}`, with duplicates and empty values.
  std::string ToString() const;
  /// The label set, without empty values. The list must be without duplicates.
  Labels Build() const;
  /// The labels of an exemplar: any names, of which the first counts; strings too long for a label
  /// set are cut, as storage refuses exemplars of that length anyway.
  Labels BuildExemplar() const;

 private:
  std::vector<LabelView> labels_;
};

}  // namespace tocsin::remote

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::tsdb {

/// Records of a commit that few commits have. Their memory is used again from commit to commit.
/// Confined to a thread.
class RecordList {
 public:
  void Clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  /// One more record, empty; to be filled before the next is begun.
  std::string& Add() {
    if (size_ == records_.size()) records_.emplace_back();
    records_[size_].clear();
    return records_[size_++];
  }
  void AppendTo(std::vector<std::string_view>& out) const {
    for (size_t i = 0; i < size_; ++i) {
      if (!records_[i].empty()) out.emplace_back(records_[i]);
    }
  }

 private:
  std::vector<std::string> records_;
  size_t size_ = 0;
};

}  // namespace tocsin::tsdb

#pragma once

#include <cstdint>
#include <string>

#include "remote/write_receiver.h"

namespace tocsin::remote {

/// Lines that tell a sender what was refused, as many as an answer should carry. Confined to a
/// thread.
class RefusalList {
 public:
  void Add(std::string line) {
    ++count_;
    if (text_.size() >= kMaxBytes) return;
    if (!text_.empty()) text_ += '\n';
    text_ += line;
    ++shown_;
  }
  bool empty() const { return count_ == 0; }
  uint64_t count() const { return count_; }
  std::string Text() const {
    if (shown_ == count_) return text_;
    return text_ + "\n" + std::to_string(count_ - shown_) + " more refused";
  }

 private:
  static constexpr size_t kMaxBytes = size_t{16} << 10;  // Nobody reads more, and a log has it too.
  std::string text_;
  uint64_t count_ = 0;
  uint64_t shown_ = 0;
};

/// What became of a request, while it is being written.
struct WriteOutcome {
  WrittenCounts written;
  uint64_t invalid_label_samples = 0;
  uint64_t without_metadata_samples = 0;
  uint64_t out_of_order_exemplars = 0;
  RefusalList refusals;  ///< Of what was left out while the rest goes on.
};

}  // namespace tocsin::remote

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace tocsin::tsdb {

/// Where commits are written before they are published. Called by one thread at a time.
class CommitLog {
 public:
  virtual ~CommitLog() = default;
  /// Writes all records at once; after an error none of them counts.
  virtual Status Log(std::span<const std::string_view> records) = 0;
};

/// Keeps nothing: for heads that live and die in memory.
class NullCommitLog final : public CommitLog {
 public:
  Status Log(std::span<const std::string_view>) override { return {}; }
};

}  // namespace tocsin::tsdb

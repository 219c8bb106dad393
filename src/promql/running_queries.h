#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/mutex.h"

namespace tocsin::promql {

class QueryContext;

/// A query that runs or waits for its place, as of now. Value type.
struct RunningQuery {
  uint64_t id = 0;
  std::string text;
  bool is_instant = false;
  int64_t start_ms = 0;  ///< First step; the only one of an instant query.
  int64_t end_ms = 0;
  int64_t step_ms = 0;
  bool is_rule = false;
  bool is_waiting = false;  ///< For a place in its lane.
  int64_t elapsed_ns = 0;
  uint64_t held_samples = 0;  ///< Points in memory now.
  uint64_t read_samples = 0;  ///< Read from storage so far.
  uint64_t used_bytes = 0;    ///< Of its memory budget.
};

/// The queries that an engine is working on, for whoever wants to see what it does, or end some of
/// it. Thread-safe.
class RunningQueries {
 public:
  explicit RunningQueries(const Clock& clock) : clock_(clock) {}

  /// A query's presence in the list, from its arrival to its end. Confined to the query's thread.
  class Entry {
   public:
    /// `deadline` is what Cancel() cancels. It outlives the entry.
    Entry(RunningQueries& list, RunningQuery description, CancelToken& deadline);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// The query has its place; both are read by List() until EndEvaluation().
    void BeginEvaluation(const QueryContext& context, const MemoryBudget& memory);
    void EndEvaluation();

   private:
    RunningQueries& list_;
    uint64_t id_ = 0;
  };

  /// Oldest first.
  std::vector<RunningQuery> List() const;
  /// Makes the query end with kCanceled, soon. False: it is not there (any more).
  bool Cancel(uint64_t id);

 private:
  struct Running {
    RunningQuery description;
    int64_t begun_ns;
    CancelToken* deadline;
    const QueryContext* context = nullptr;
    const MemoryBudget* memory = nullptr;
  };

  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<uint64_t, Running> running_ GUARDED_BY(mutex_);
  uint64_t last_id_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::promql

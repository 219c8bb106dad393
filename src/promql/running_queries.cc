#include "promql/running_queries.h"

#include "promql/query_context.h"

namespace tocsin::promql {

RunningQueries::Entry::Entry(RunningQueries& list, RunningQuery description, CancelToken& deadline)
    : list_(list) {
  description.is_waiting = true;
  MutexLock lock(list_.mutex_);
  id_ = ++list_.last_id_;
  description.id = id_;
  list_.running_.emplace(id_,
                         Running{std::move(description), list_.clock_.MonotonicNs(), &deadline});
}

RunningQueries::Entry::~Entry() {
  MutexLock lock(list_.mutex_);
  list_.running_.erase(id_);
}

void RunningQueries::Entry::BeginEvaluation(const QueryContext& context,
                                            const MemoryBudget& memory) {
  MutexLock lock(list_.mutex_);
  Running& running = list_.running_.at(id_);
  running.description.is_waiting = false;
  running.context = &context;
  running.memory = &memory;
}

void RunningQueries::Entry::EndEvaluation() {
  MutexLock lock(list_.mutex_);
  Running& running = list_.running_.at(id_);
  running.context = nullptr;
  running.memory = nullptr;
}

std::vector<RunningQuery> RunningQueries::List() const {
  std::vector<RunningQuery> queries;
  MutexLock lock(mutex_);
  const int64_t now_ns = clock_.MonotonicNs();
  for (const auto& [id, running] : running_) {
    RunningQuery& query = queries.emplace_back(running.description);
    query.elapsed_ns = now_ns - running.begun_ns;
    if (running.context == nullptr) continue;
    query.held_samples = running.context->held_samples();
    query.read_samples = running.context->samples_read.load();
    query.used_bytes = running.memory->used_bytes();
  }
  return queries;
}

bool RunningQueries::Cancel(uint64_t id) {
  MutexLock lock(mutex_);
  const auto found = running_.find(id);
  if (found == running_.end()) return false;
  found->second.deadline->Cancel();
  return true;
}

}  // namespace tocsin::promql

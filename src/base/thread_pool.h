#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace tocsin {

/// A fixed number of threads that run submitted tasks in order of submission. The destructor runs
/// what is queued and joins. Thread-safe.
class ThreadPool {
 public:
  /// `name` (at most 12 bytes) shows in the threads' names, as in "query-3".
  ThreadPool(std::string name, size_t thread_count);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Submit(std::function<void()> task);
  size_t thread_count() const;

  /// Runs body(0) … body(count - 1), on the pool's threads and the caller's, and returns when all
  /// are done. The caller takes part, so calls from inside a task of the same pool do not deadlock.
  void ParallelFor(size_t count, const std::function<void(size_t)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Names the calling thread (at most 15 bytes are kept) for debuggers and `top -H`.
void SetThreadName(const std::string& name);

}  // namespace tocsin

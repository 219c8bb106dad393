#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

// Clang's thread-safety attributes; empty elsewhere. The locking plan is compiled, not hoped for.
#if defined(__clang__)
#define TOCSIN_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TOCSIN_THREAD_ATTRIBUTE(x)
#endif
#define CAPABILITY(x) TOCSIN_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY TOCSIN_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) TOCSIN_THREAD_ATTRIBUTE(guarded_by(x))
#define PT_GUARDED_BY(x) TOCSIN_THREAD_ATTRIBUTE(pt_guarded_by(x))
#define REQUIRES(...) TOCSIN_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) TOCSIN_THREAD_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) TOCSIN_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) TOCSIN_THREAD_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) TOCSIN_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) TOCSIN_THREAD_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) TOCSIN_THREAD_ATTRIBUTE(release_generic_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) TOCSIN_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) TOCSIN_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TOCSIN_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace tocsin {

/// A mutual exclusion lock that clang's -Wthread-safety understands. Thread-safe.
class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }
  bool TryLock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  // BasicLockable, so that CondVar (condition_variable_any) can release it.
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A lock for one writer or many readers. Thread-safe.
class CAPABILITY("shared_mutex") SharedMutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }
  void LockShared() ACQUIRE_SHARED() { mutex_.lock_shared(); }
  void UnlockShared() RELEASE_SHARED() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

/// Holds a SharedMutex exclusively for a scope.
class SCOPED_CAPABILITY WriteLock {
 public:
  explicit WriteLock(SharedMutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~WriteLock() RELEASE() { mutex_.Unlock(); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  SharedMutex& mutex_;
};

/// Holds a SharedMutex for reading for a scope.
class SCOPED_CAPABILITY ReadLock {
 public:
  explicit ReadLock(SharedMutex& mutex) ACQUIRE_SHARED(mutex) : mutex_(mutex) {
    mutex_.LockShared();
  }
  ~ReadLock() RELEASE_GENERIC() { mutex_.UnlockShared(); }
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  SharedMutex& mutex_;
};

/// Waits on conditions guarded by a Mutex. Wait in a loop over the condition.
using CondVar = std::condition_variable_any;

}  // namespace tocsin

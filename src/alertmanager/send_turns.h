#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "base/mutex.h"

namespace tocsin::alertmanager {

/// Turns by key: who comes while another holds the key waits, in order of arrival. Thread-safe.
class SendTurns {
 public:
  /// Runs `turn` when the key is free: now, or inside the Leave() that frees it. It must lead to
  /// Leave(key).
  void Enter(const std::string& key, std::function<void()> turn) {
    {
      MutexLock lock(mutex_);
      const auto [slot, is_free] = waiting_.try_emplace(key);
      if (!is_free) {
        slot->second.push_back(std::move(turn));
        return;
      }
    }
    turn();
  }

  void Leave(const std::string& key) {
    std::function<void()> next;
    {
      MutexLock lock(mutex_);
      const auto slot = waiting_.find(key);
      if (slot->second.empty()) {
        waiting_.erase(slot);
        return;
      }
      next = std::move(slot->second.front());
      slot->second.pop_front();
    }
    next();
  }

 private:
  Mutex mutex_;
  // A key that is held has an entry.
  std::map<std::string, std::deque<std::function<void()>>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace tocsin::alertmanager

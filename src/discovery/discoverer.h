#pragma once

#include <functional>
#include <vector>

#include "config/target_group.h"

namespace tocsin::discovery {

using config::TargetGroup;

/// One source of target groups: a static list, a set of files, an API that is polled. Publishes the
/// complete list of its groups whenever that may have changed; nobody asks it. The destructor stops
/// it: when it returns, no publication runs or will run. Start and destruction from one thread.
class Discoverer {
 public:
  /// Called on any thread, one call at a time. Must not destroy the discoverer.
  using Publish = std::function<void(std::vector<TargetGroup>)>;

  virtual ~Discoverer() = default;
  /// Begins, once. May publish before it returns.
  virtual void Start(Publish publish) = 0;
};

}  // namespace tocsin::discovery

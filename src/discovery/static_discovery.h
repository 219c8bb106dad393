#pragma once

#include <utility>
#include <vector>

#include "discovery/discoverer.h"

namespace tocsin::discovery {

/// The groups of static_configs, published once. Confined to a thread.
class StaticDiscovery final : public Discoverer {
 public:
  explicit StaticDiscovery(std::vector<TargetGroup> groups) : groups_(std::move(groups)) {}
  void Start(Publish publish) override { publish(groups_); }

 private:
  const std::vector<TargetGroup> groups_;
};

}  // namespace tocsin::discovery

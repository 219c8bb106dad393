#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "config/discovery_kubernetes.h"
#include "config/target_group.h"
#include "discovery/kubernetes_objects.h"

namespace tocsin::discovery::kubernetes {

/// The objects known of each resource, by ObjectMeta::Key(). Thread-compatible.
class ObjectStore {
 public:
  using Objects = std::map<std::string, Object>;

  const Objects& All(Resource resource) const { return objects_[static_cast<size_t>(resource)]; }
  /// The object, or nullptr. Requires that T is the resource's type.
  template <typename T>
  const T* Find(Resource resource, const std::string& key) const {
    const Objects& all = All(resource);
    const auto found = all.find(key);
    return found == all.end() ? nullptr : &std::get<T>(found->second);
  }

  enum class Change { kNone, kAdded, kUpdated };
  Change Set(Resource resource, Object object);
  /// False when there was none.
  bool Remove(Resource resource, const std::string& key);

 private:
  std::array<Objects, kResourceCount> objects_;
};

/// The resource whose objects become target groups in this role.
Resource MainResource(const std::string& role);

/// The group of one object of the main resource, with what `config` says of the others in `store`
/// attached. Sources and labels are upstream's. A node without addresses has no targets.
config::TargetGroup MakeGroup(const Object& object, const ObjectStore& store,
                              const config::KubernetesMetadata& attach);

}  // namespace tocsin::discovery::kubernetes

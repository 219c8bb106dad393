// Any JSON as an object of each of Kubernetes' resources: an error, or a group that can be made.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "discovery/kubernetes_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin::discovery::kubernetes;
  const auto json = tocsin::ParseJson({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  ObjectStore store;
  for (int i = 0; i < kResourceCount; ++i) {
    auto object = ParseObject(static_cast<Resource>(i), *json);
    if (object) store.Set(static_cast<Resource>(i), std::move(*object));
  }
  const tocsin::config::KubernetesMetadata attach{true, true, true, true, true};
  for (int i = 0; i < kResourceCount; ++i) {
    for (const auto& [key, object] : store.All(static_cast<Resource>(i))) {
      const auto group = MakeGroup(object, store, attach);
      if (MetaOf(object).Key() != key) std::abort();
      if (group.targets.size() > size * size) std::abort();
    }
  }
  return 0;
}

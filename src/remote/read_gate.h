#pragma once

#include <cstddef>
#include <memory>

#include "base/cancel.h"
#include "base/mutex.h"
#include "base/result.h"
#include "telemetry/registry.h"

namespace tocsin::remote {

/// Lets a bounded number of remote reads run at once; the others wait. Counts both in a gauge.
/// Thread-safe; must outlive its places.
class ReadGate {
 public:
  ReadGate(size_t places, telemetry::Gauge& queries) : places_(places), queries_(queries) {}

  /// A read under way; leaves when destroyed.
  class Place {
   public:
    explicit Place(ReadGate& gate) : gate_(gate) {}
    ~Place() { gate_.Leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    ReadGate& gate_;
  };

  /// kCanceled when `cancel` (may be null) is canceled while waiting.
  Result<std::shared_ptr<Place>> Enter(const CancelToken* cancel);

 private:
  void Leave();

  const size_t places_;
  telemetry::Gauge& queries_;
  Mutex mutex_;
  CondVar left_;
  size_t inside_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::remote

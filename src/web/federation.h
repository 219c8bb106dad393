#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "http/router.h"
#include "model/labels.h"
#include "storage/queryable.h"
#include "web/management.h"

namespace tocsin::web {

/// What /federate stands on. All must outlive the routes.
struct FederationDependencies {
  storage::Queryable& queryable;
  const Clock& clock;
  int64_t lookback_delta_ms = 300'000;
  /// The external labels of the configuration in force; null is none.
  std::function<Labels()> external_labels;
};

/// Answers /federate: the newest sample, not older than the lookback, of every series that a
/// match[] parameter selects, as text with timestamps. Stale series are left out, external labels
/// added where a series does not have them. Native histograms are left out: they cannot be said in
/// text. Thread-safe.
class Federation {
 public:
  explicit Federation(FederationDependencies dependencies)
      : dependencies_(std::move(dependencies)) {}

  /// Registers GET /federate, behind the gate of `readiness` if that is not null. The object, and
  /// readiness, must outlive the router.
  void Register(http::Router& router, const Readiness* readiness = nullptr) const;

  void Serve(const http::Request& request, http::Response& response) const;

 private:
  const FederationDependencies dependencies_;
};

}  // namespace tocsin::web

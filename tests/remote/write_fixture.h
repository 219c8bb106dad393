#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "recording_storage.h"
#include "remote/write_receiver.h"
#include "request_builder.h"
#include "telemetry/registry.h"

namespace tocsin::remote {

/// A receiver over a recording storage; it is 1970-01-01T00:16:40Z.
class WriteFixture : public testing::Test {
 protected:
  static constexpr const char* kV1 = "application/x-protobuf";
  static constexpr const char* kV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

  WriteAnswer SendV1(std::initializer_list<SeriesV1> series) {
    return receiver_.Receive(kV1, "snappy", Snappy(RequestV1(series)));
  }
  WriteAnswer SendV2(const RequestV2& request) {
    return receiver_.Receive(kV2, "snappy", Snappy(request.Bytes()));
  }
  double Counter(const std::string& name) { return registry_.AddCounter(name, "").value(); }
  double InvalidLabels() {
    return Counter("prometheus_api_remote_write_invalid_labels_samples_total");
  }

  RecordingStorage storage_;
  ManualClock clock_{1'000'000};
  NullLogger logger_;
  telemetry::Registry registry_;
  WriteReceiver receiver_{storage_, clock_, logger_, registry_, {}};
};

}  // namespace tocsin::remote

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/timers.h"
#include "config/target_group_file.h"
#include "http/client.h"
#include "notifier/notifier_environment.h"
#include "telemetry/registry.h"

namespace tocsin::notifier {

/// Answers each request at once with the next of the given responses (200 when there are none), or
/// keeps it until told. Confined to the test's thread.
class FakeClient final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    requests.push_back(std::move(request));
    if (holds) {
      held.push_back(std::move(done));
      return requests.size();
    }
    done(NextResponse());
    return requests.size();
  }
  void Cancel(RequestId) override {}

  Result<http::ClientResponse> NextResponse() {
    if (responses.empty()) return Answer(200);
    auto response = std::move(responses.front());
    responses.pop_front();
    return response;
  }
  static Result<http::ClientResponse> Answer(int status) {
    http::ClientResponse response;
    response.status = status;
    return response;
  }
  static Result<http::ClientResponse> Refused() {
    return Error(ErrorCode::kUnavailable, "connection refused");
  }

  bool holds = false;
  std::vector<Callback> held;
  std::deque<Result<http::ClientResponse>> responses;
  std::vector<http::ClientRequest> requests;
};

class NullWatcher final : public discovery::FileWatcher {
 public:
  Result<WatchId> Watch(const std::string&, std::function<void()>) override { return 1; }
  void Unwatch(WatchId) override {}
};

class NotifierTest : public testing::Test {
 protected:
  static constexpr int64_t kStartMs = 1'700'000'000'000;

  NotifierEnvironment Environment() {
    return {clock_,
            timers_,
            client_,
            logger_,
            registry_,
            {clock_, timers_, fs_, watcher_, logger_, registry_, config::LoadTargetGroupFile,
             client_, *resolver_, [](const std::function<void()>& task) { task(); }},
            [](const config::HttpClientConfig& config) -> Result<http::ClientOptions> {
              http::ClientOptions options;
              options.follow_redirects = config.follow_redirects;
              return options;
            }};
  }
  /// An alert that fires for `valid_minutes`, or ended that long ago when negative.
  Alert MakeAlert(const std::string& name, int64_t valid_minutes = 4) const {
    Alert alert;
    alert.labels = Labels{{"alertname", name}};
    alert.starts_at_ns = kStartMs * 1'000'000;
    alert.ends_at_ns = (clock_.NowMs() + valid_minutes * 60'000) * 1'000'000;
    alert.generator_url = "http://t/graph";
    return alert;
  }
  /// The alert names in the body of request `index`, in order.
  std::vector<std::string> NamesIn(size_t index) const {
    std::vector<std::string> names;
    const std::string& body = client_.requests.at(index).body;
    static constexpr std::string_view kKey = "\"alertname\":\"";
    for (size_t at = body.find(kKey); at != std::string::npos; at = body.find(kKey, at + 1)) {
      const size_t begin = at + kKey.size();
      names.push_back(body.substr(begin, body.find('"', begin) - begin));
    }
    return names;
  }

  ManualClock clock_{kStartMs};
  ManualTimers timers_{clock_};
  FakeClient client_;
  NullLogger logger_;
  const std::unique_ptr<discovery::DnsResolver> resolver_ = discovery::MakeSystemResolver();
  telemetry::Registry registry_;
  PosixFs fs_;
  NullWatcher watcher_;
};

}  // namespace tocsin::notifier

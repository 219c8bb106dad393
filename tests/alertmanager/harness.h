#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alertmanager/alertmanager.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json_value.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/timers.h"
#include "http/client.h"
#include "telemetry/registry.h"

namespace tocsin::alertmanager {

/// 2024-01-15T12:00:00Z, a Monday: when the tests begin.
inline constexpr int64_t kStartMs = 1705320000000;
inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;

/// A directory of its own for one test, removed at the end.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A request that a receiver got.
struct SentRequest {
  int64_t at_ms = 0;
  http::ClientRequest request;
};

/// Receivers that answer at once with what `answer` says, or, while it is empty, not until
/// Release().
class FakeClient final : public http::Client {
 public:
  using Answer = std::function<Result<http::ClientResponse>(const http::ClientRequest&)>;

  explicit FakeClient(const Clock& clock) : clock_(clock) {}
  RequestId Start(http::ClientRequest request, Callback done) override;
  void Cancel(RequestId) override {}

  void AnswerWith(int status) {
    answer = [status](const http::ClientRequest&) -> Result<http::ClientResponse> {
      http::ClientResponse response;
      response.status = status;
      return response;
    };
  }
  /// Answers the oldest request that waits.
  void Release(int status);

  Answer answer;
  std::vector<SentRequest> sent;

 private:
  const Clock& clock_;
  std::deque<Callback> waiting_;
};

/// Pages as tests read them.
struct Page {
  int64_t at_ms = 0;  ///< After kStartMs.
  std::string status, reason, group_key;
  std::vector<std::string> alerts;  ///< "A:firing"
  JsonValue body;
};

/// An Alertmanager in virtual time with webhooks that write down what they get.
class Harness {
 public:
  explicit Harness(std::string config, AlertmanagerOptions options = {});
  ~Harness();

  /// Reads `config` and applies it, as a reload does.
  Status Reload(const std::string& config);
  /// As kill -9: the object goes without a chance to write anything; a new one starts on its files.
  void KillAndRestart();
  /// A clean stop and a start.
  void StopAndRestart();

  /// Firing from now until `lifetime_ms` from now, unless posted again. Labels as
  /// "alertname=A,x=1".
  void Fire(std::string_view labels, int64_t lifetime_ms = kHour,
            std::string_view annotations = "");
  /// Resolved now.
  void Resolve(std::string_view labels);
  void Post(const Alert& alert);

  /// Moves to `at_ms` after the start; everything due on the way happens.
  void To(int64_t at_ms) { timers.AdvanceTo(kStartMs + at_ms); }
  void By(int64_t delta_ms) { timers.AdvanceBy(delta_ms); }
  int64_t now_ms() const { return clock.NowMs() - kStartMs; }

  /// Pages since the last call.
  std::vector<Page> TakePages();
  /// One line a page: "30s firing first notification [A:firing B:resolved]".
  std::vector<std::string> TakeTimeline();

  /// Calls the API.
  http::Response Call(const std::string& method, const std::string& path_and_query,
                      const std::string& body = "");
  JsonValue CallJson(const std::string& method, const std::string& path_and_query,
                     const std::string& body = "");
  /// Silences what matches name=value from now on; returns the id.
  std::string Silence(const std::string& name, const std::string& value, int64_t duration_ms);
  std::string metrics() { return registry->Expose(); }
  double metric(const std::string& series);

  TempDirectory directory;
  ManualClock clock{kStartMs};
  ManualTimers timers{clock};
  FakeClient client{clock};
  PosixFs posix_fs;
  Fs* fs = &posix_fs;
  NullLogger logger;
  std::unique_ptr<telemetry::Registry> registry;
  std::unique_ptr<Alertmanager> alertmanager;
  std::vector<std::string> lines;  ///< Of the console.

 private:
  void Start();
  std::string config_;
  AlertmanagerOptions options_;
  size_t taken_ = 0;
};

/// "alertname=A,x=1" as labels.
Labels ParseLabels(std::string_view text);

/// A configuration with one webhook, grouped by alertname, waits of 30 s, 5 min and 4 h; `extra`
/// follows.
std::string BasicConfig(const std::string& route_extra = "", const std::string& extra = "");

}  // namespace tocsin::alertmanager

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "discovery/environment.h"
#include "discovery/kubernetes_api.h"
#include "discovery/kubernetes_objects.h"
#include "discovery/task_strand.h"

namespace tocsin::discovery::kubernetes {

/// What happens to a set of objects. Called on the strand.
class WatchListener {
 public:
  virtual ~WatchListener() = default;
  /// All objects there are; those of the set not among them are gone.
  virtual void OnList(std::vector<Object> objects) = 0;
  virtual void OnChange(Object object) = 0;
  virtual void OnDelete(const std::string& key) = 0;
  virtual void OnFailure(const std::string& what) = 0;
};

/// What a watch is of.
struct WatchTarget {
  Resource resource = Resource::kPods;
  std::string path;  ///< ResourcePath().
  std::string label_selector;
  std::string field_selector;
};

/// Lists the objects of a resource, page by page, then follows their changes for ever: a watch that
/// ends is begun again where it was, one whose place the server has forgotten (410 Gone) with a new
/// list. After failures it waits 1 s, 2 s, … 30 s. Owned by shared_ptr, as requests refer to it.
/// Everything runs on the strand; Start and Stop too, or before and after it.
class ObjectWatch : public std::enable_shared_from_this<ObjectWatch> {
 public:
  /// `listener` and what `environment` refers to outlive the strand's last task.
  ObjectWatch(WatchTarget target, ApiServer server, const DiscoveryEnvironment& environment,
              std::shared_ptr<TaskStrand> strand, std::unique_ptr<WatchListener> listener);

  void Start();
  /// Ends the request under way and the timer. After the strand has stopped.
  void Stop();

 private:
  struct Feed;
  using Handler = void (ObjectWatch::*)(Result<http::ClientResponse>);

  std::string Url(const std::string& more) const;
  void Send(std::string url, std::shared_ptr<Feed> feed, int64_t timeout_ms, Handler handler);
  void List();
  void TakePage(Result<http::ClientResponse> response);
  Status ReadPage(const http::ClientResponse& response);
  void Watch();
  void TakeEvents(const std::string& lines);
  bool TakeEvent(std::string_view line);
  void TakeWatchEnd(Result<http::ClientResponse> response);
  void Fail(const std::string& what);
  void RunLater(void (ObjectWatch::*step)());

  // Constant after construction.
  const WatchTarget target_;
  const ApiServer server_;
  const DiscoveryEnvironment environment_;
  const std::shared_ptr<TaskStrand> strand_;
  const std::unique_ptr<WatchListener> listener_;

  // The strand's.
  http::Client::RequestId request_ = 0;
  Timers::TimerId timer_ = 0;
  std::string resource_version_;  ///< Where a watch goes on; "" when a list is needed.
  std::string next_page_;         ///< The server's token; "" at the first page.
  std::vector<Object> listed_;    ///< Pages so far.
  int64_t backoff_ms_ = 0;        ///< What was waited last; 0 after success.
};

}  // namespace tocsin::discovery::kubernetes

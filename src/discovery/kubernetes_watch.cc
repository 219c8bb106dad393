#include "discovery/kubernetes_watch.h"

#include <algorithm>
#include <atomic>

#include "base/json_value.h"
#include "http/url.h"

namespace tocsin::discovery::kubernetes {
namespace {

// Pages keep single answers small; client-go's own size.
constexpr int kPageObjects = 500;
constexpr int64_t kListTimeoutMs = 60'000;
constexpr uint64_t kMaxListBytes = uint64_t{256} << 20;
// The server ends watches, so that connections that died unnoticed do not last. We give up a little
// later.
constexpr int64_t kWatchSeconds = 300;
constexpr int64_t kWatchTimeoutMs = (kWatchSeconds + 30) * 1000;
constexpr int64_t kFirstBackoffMs = 1'000;
constexpr int64_t kMaxBackoffMs = 30'000;
// An object in etcd has 1.5 MiB at most.
constexpr size_t kMaxEventBytes = 16 << 20;
// Of events that wait for a worker; beyond, the watch is begun again from the last one taken.
constexpr size_t kMaxQueuedBytes = 64 << 20;
// A watch that lasted has not failed.
constexpr int64_t kLastingNs = 10'000'000'000;
constexpr int kGone = 410;

std::string_view MetaText(const JsonValue& json, std::string_view key) {
  const JsonValue* meta = json.Find("metadata");
  return meta == nullptr ? std::string_view() : meta->FindString(key);
}

// "Failure: the reason" of a Status object, or what there is of the body.
std::string StatusText(int status, const std::string& body) {
  const auto json = ParseJson(body);
  const std::string_view message = json ? json->FindString("message") : std::string_view();
  return message.empty() ? fmt::format("server returned HTTP status {}", status)
                         : std::string(message);
}

}  // namespace

/// Cuts the bytes of a watch into complete lines, on the I/O thread.
struct ObjectWatch::Feed {
  std::string pending;  ///< The beginning of a line.
  std::atomic<size_t> queued_bytes = 0;

  /// The complete lines that `piece` ends.
  std::string Take(std::string_view piece) {
    const size_t end = piece.rfind('\n');
    if (end == std::string_view::npos) {
      pending += piece;
      return {};
    }
    std::string lines = std::move(pending);
    lines += piece.substr(0, end + 1);
    pending = piece.substr(end + 1);
    return lines;
  }
};

ObjectWatch::ObjectWatch(WatchTarget target, ApiServer server,
                         const DiscoveryEnvironment& environment,
                         std::shared_ptr<TaskStrand> strand,
                         std::unique_ptr<WatchListener> listener)
    : target_(std::move(target)),
      server_(std::move(server)),
      environment_(environment),
      strand_(std::move(strand)),
      listener_(std::move(listener)) {}

void ObjectWatch::Start() { List(); }

void ObjectWatch::Stop() {
  if (request_ != 0) environment_.client.Cancel(request_);
  environment_.timers.Cancel(timer_);
}

std::string ObjectWatch::Url(const std::string& more) const {
  http::Fields query;
  if (!target_.label_selector.empty()) query.emplace_back("labelSelector", target_.label_selector);
  if (!target_.field_selector.empty()) query.emplace_back("fieldSelector", target_.field_selector);
  const std::string selectors = http::EncodeForm(query);
  return fmt::format("{}{}?{}{}{}", server_.url, target_.path, more, selectors.empty() ? "" : "&",
                     selectors);
}

void ObjectWatch::Send(std::string url, std::shared_ptr<Feed> feed, int64_t timeout_ms,
                       Handler handler) {
  http::ClientRequest request;
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}};
  request.options = server_.options;
  request.timeout_ms = timeout_ms;
  request.max_body_bytes = kMaxListBytes;
  // Weak: what is stopped need not wait for its requests to end.
  const std::weak_ptr<ObjectWatch> weak = weak_from_this();
  if (feed != nullptr) {
    request.on_body = [weak, feed, strand = strand_](std::string_view piece) {
      std::string lines = feed->Take(piece);
      const size_t queued_bytes = feed->queued_bytes += lines.size();
      if (feed->pending.size() > kMaxEventBytes || queued_bytes > kMaxQueuedBytes) return false;
      if (lines.empty()) return true;
      strand->Post([weak, feed, lines = std::move(lines)] {
        feed->queued_bytes -= lines.size();
        if (const auto self = weak.lock()) self->TakeEvents(lines);
      });
      return true;
    };
  }
  request_ = environment_.client.Start(
      std::move(request),
      [weak, handler, strand = strand_](const Result<http::ClientResponse>& response) {
        strand->Post([weak, handler, response] {
          if (const auto self = weak.lock()) ((*self).*handler)(response);
        });
      });
}

void ObjectWatch::List() {
  std::string more = fmt::format("limit={}", kPageObjects);
  if (!next_page_.empty()) more += "&" + http::EncodeForm({{"continue", next_page_}});
  Send(Url(more), nullptr, kListTimeoutMs, &ObjectWatch::TakePage);
}

void ObjectWatch::TakePage(Result<http::ClientResponse> response) {
  const Status status = response ? ReadPage(*response) : Status(response.error());
  if (!status) {
    next_page_.clear();
    listed_.clear();
    return Fail(fmt::format("failed to list {}: {}", target_.path, status.error().message()));
  }
  if (!next_page_.empty()) return List();
  backoff_ms_ = 0;
  listener_->OnList(std::move(listed_));
  listed_.clear();
  Watch();
}

Status ObjectWatch::ReadPage(const http::ClientResponse& response) {
  if (response.status != 200) {
    return Error(ErrorCode::kUnavailable, StatusText(response.status, response.body));
  }
  TOCSIN_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(response.body));
  const JsonValue* items = json.Find("items");
  if (items == nullptr || (!items->is_null() && items->AsArray() == nullptr)) {
    return Error(ErrorCode::kInvalidArgument, "the answer is no list of objects");
  }
  if (!items->is_null()) {
    for (const JsonValue& item : *items->AsArray()) {
      TOCSIN_ASSIGN_OR_RETURN(Object object, ParseObject(target_.resource, item));
      listed_.push_back(std::move(object));
    }
  }
  resource_version_ = MetaText(json, "resourceVersion");
  next_page_ = MetaText(json, "continue");
  return {};
}

void ObjectWatch::Watch() {
  Send(Url("watch=1&allowWatchBookmarks=true&" +
           http::EncodeForm({{"resourceVersion", resource_version_},
                             {"timeoutSeconds", std::to_string(kWatchSeconds)}})),
       std::make_shared<Feed>(), kWatchTimeoutMs, &ObjectWatch::TakeWatchEnd);
}

void ObjectWatch::TakeEvents(const std::string& lines) {
  if (resource_version_.empty()) return;  // An earlier event asked for a new list.
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    const std::string_view line = std::string_view(lines).substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || TakeEvent(line)) continue;
    // The watch cannot be trusted any more; its end brings a new list.
    resource_version_.clear();
    return environment_.client.Cancel(request_);
  }
}

bool ObjectWatch::TakeEvent(std::string_view line) {
  const auto event = ParseJson(line);
  const JsonValue* json = event ? event->Find("object") : nullptr;
  if (json == nullptr) return false;
  const std::string_view type = event->FindString("type");
  if (type == "ERROR") return false;
  backoff_ms_ = 0;
  if (type != "BOOKMARK") {
    auto object = ParseObject(target_.resource, *json);
    if (!object) return false;
    if (type == "DELETED") {
      listener_->OnDelete(MetaOf(*object).Key());
    } else {
      listener_->OnChange(std::move(*object));
    }
  }
  resource_version_ = MetaText(*json, "resourceVersion");
  return !resource_version_.empty();
}

void ObjectWatch::TakeWatchEnd(Result<http::ClientResponse> response) {
  if (response && response->status == 200) {
    // A server that ends watches at once must not be asked in a loop.
    if (response->duration_ns > kLastingNs) backoff_ms_ = 0;
    return RunLater(resource_version_.empty() ? &ObjectWatch::List : &ObjectWatch::Watch);
  }
  if (response && response->status == kGone) {
    resource_version_.clear();
    return RunLater(&ObjectWatch::List);
  }
  if (resource_version_.empty()) return RunLater(&ObjectWatch::List);
  if (response) resource_version_.clear();
  Fail(fmt::format(
      "failed to watch {}: {}", target_.path,
      response ? StatusText(response->status, response->body) : response.error().message()));
}

void ObjectWatch::Fail(const std::string& what) {
  listener_->OnFailure(what);
  RunLater(resource_version_.empty() ? &ObjectWatch::List : &ObjectWatch::Watch);
}

void ObjectWatch::RunLater(void (ObjectWatch::*step)()) {
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kFirstBackoffMs, kMaxBackoffMs);
  const std::weak_ptr<ObjectWatch> weak = weak_from_this();
  timer_ = environment_.timers.RunAt(environment_.clock.NowMs() + backoff_ms_,
                                     [weak, step, strand = strand_] {
                                       strand->Post([weak, step] {
                                         if (const auto self = weak.lock()) ((*self).*step)();
                                       });
                                     });
}

}  // namespace tocsin::discovery::kubernetes

// The I/O thread: one epoll set over all sockets of libcurl's multi handle and over the connections
// kept for plain GETs, timers, and a queue of what to start and cancel. libcurl says through
// callbacks which sockets and which timer it waits for.
//
// A scrape page comes from the same server again and again. libcurl finds the address, connects and
// makes the first request; when it lets go of the connection, we keep it, and later requests to the
// server are a DirectExchange: a third of the cost.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "http/client.h"
#include "http/curl_transfer.h"
#include "http/direct_exchange.h"
#include "http/file_descriptor.h"
#include "http/kept_connections.h"
#include "http/loop_timers.h"
#include "http/transfer_failure.h"

namespace tocsin::http {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int64_t kNoDeadline = std::numeric_limits<int64_t>::max();
// Kept for the next requests; each is about 6 KB.
constexpr size_t kMaxSpareHandles = 32;
// Idle connections kept open, over all peers: one for each of the 10,000 targets we are built for,
// and some.
constexpr long kMaxConnections = 16'384;

constexpr size_t kScratchBytes = 32 << 10;  // Stays in the first-level cache.
constexpr int kMaxWaitMs = 60'000;
constexpr int64_t kMaxIdleNs = int64_t{300} * 1'000'000'000;  // As Go's transports in Prometheus.

void InitializeCurl() {
  // Counted and thread-safe in libcurl (7.84); never undone, as its other users in the process may
  // go on.
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

class CurlClient final : public IoClient {
 public:
  explicit CurlClient(std::string user_agent);
  ~CurlClient() override;

  RequestId Start(ClientRequest request, Callback done) override;
  void Cancel(RequestId id) override;
  Timers& io_timers() override { return timers_; }

 private:
  using Transfers = std::unordered_map<RequestId, std::unique_ptr<CurlTransfer>>;
  using Exchanges = std::unordered_map<int, std::unique_ptr<DirectExchange>>;

  void Wake();
  void Run(const std::stop_token& stop);
  void TakeQueue() EXCLUDES(mutex_);
  void Begin(std::unique_ptr<CurlTransfer> transfer);
  void BeginWithCurl(std::unique_ptr<CurlTransfer> transfer);
  void CancelNow(RequestId id);
  void HandleEvents(const epoll_event* events, int count);
  void HandleCurlEvent(const epoll_event& event);
  bool BeginDirect(std::unique_ptr<CurlTransfer>& transfer);
  void ContinueDirect(Exchanges::iterator at);
  std::unique_ptr<DirectExchange> EndDirect(Exchanges::iterator at);
  void EndLateExchanges();
  void CollectFinished();
  void Complete(CurlTransfer& transfer, int curl_code);
  int WaitMs() const;
  std::unique_ptr<CurlHandle> TakeHandle(const std::shared_ptr<const ClientOptions>& options);
  void KeepHandle(std::unique_ptr<CurlHandle> handle);

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* client, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* client);
  static int OnClose(void* client, curl_socket_t socket);

  SocketOwners socket_owners_;  // The I/O thread's; handles refer to it.
  const CurlSetup setup_;
  const SystemClock
      clock_;  // libcurl's timers are on the machine's clock, whatever the others use.
  FileDescriptor epoll_;
  FileDescriptor wakeup_;
  std::atomic<RequestId> next_id_{1};

  Mutex mutex_;
  std::vector<std::unique_ptr<CurlTransfer>> to_start_ GUARDED_BY(mutex_);
  std::vector<RequestId> to_cancel_ GUARDED_BY(mutex_);

  // The I/O thread's.
  CURLM* multi_ = nullptr;
  int64_t timer_deadline_ns_ = kNoDeadline;
  Transfers transfers_;
  std::vector<std::unique_ptr<CurlHandle>> spare_handles_;
  KeptConnections kept_;
  Exchanges exchanges_;                         // By socket.
  std::set<std::pair<int64_t, int>> timeouts_;  // Of exchanges: when, and the socket.
  std::vector<char> scratch_;
  int64_t next_tidying_ns_ = 0;
  LoopTimers timers_;
  std::atomic<std::thread::id> thread_id_{};

  std::jthread thread_;  // Last: it uses all of the above.
};

CurlClient::CurlClient(std::string user_agent)
    : setup_{std::move(user_agent), &socket_owners_, &OnClose, this},
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      kept_(epoll_.get()),
      scratch_(kScratchBytes),
      timers_(clock_, [this] { Wake(); }) {
  InitializeCurl();
  epoll_event event{.events = EPOLLIN, .data = {.fd = wakeup_.get()}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event);
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxConnections);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

CurlClient::~CurlClient() {
  thread_.request_stop();
  Wake();
  thread_.join();
  spare_handles_.clear();
  curl_multi_cleanup(multi_);
}

Client::RequestId CurlClient::Start(ClientRequest request, Callback done) {
  const RequestId id = next_id_++;
  auto transfer = std::make_unique<CurlTransfer>(id, std::move(request), std::move(done));
  bool is_first = false;
  {
    MutexLock lock(mutex_);
    is_first = to_start_.empty();
    to_start_.push_back(std::move(transfer));
  }
  if (is_first && std::this_thread::get_id() != thread_id_) Wake();
  return id;
}

void CurlClient::Cancel(RequestId id) {
  {
    MutexLock lock(mutex_);
    to_cancel_.push_back(id);
  }
  Wake();
}

void CurlClient::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void CurlClient::Run(const std::stop_token& stop) {
  SetThreadName("http-client");
  thread_id_ = std::this_thread::get_id();
  timers_.BindToThisThread();
  std::array<epoll_event, kEventsPerWait> events;
  while (!stop.stop_requested()) {
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsPerWait, WaitMs());
    HandleEvents(events.data(), std::max(count, 0));
    if (clock_.MonotonicNs() >= timer_deadline_ns_) {
      timer_deadline_ns_ = kNoDeadline;
      int running = 0;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    CollectFinished();
    EndLateExchanges();
    timers_.RunDue();
    TakeQueue();
  }
  TakeQueue();
  while (!transfers_.empty()) CancelNow(transfers_.begin()->first);
  while (!exchanges_.empty()) CancelNow(exchanges_.begin()->second->transfer().id());
}

int CurlClient::WaitMs() const {
  int64_t deadline_ns = timer_deadline_ns_;
  if (!timeouts_.empty()) deadline_ns = std::min(deadline_ns, timeouts_.begin()->first);
  int wait_ms = kMaxWaitMs;
  if (deadline_ns != kNoDeadline) {
    const int64_t left_ns = deadline_ns - clock_.MonotonicNs();
    wait_ms = static_cast<int>(std::clamp<int64_t>((left_ns + 999'999) / 1'000'000, 0, wait_ms));
  }
  return timers_.WaitMs(wait_ms);
}

void CurlClient::HandleEvents(const epoll_event* events, int count) {
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wakeup_.get()) {
      uint64_t wakes = 0;
      [[maybe_unused]] const ssize_t taken = ::read(wakeup_.get(), &wakes, sizeof wakes);
    } else if (const auto exchange = exchanges_.find(fd); exchange != exchanges_.end()) {
      ContinueDirect(exchange);
    } else if (kept_.Holds(fd)) {
      kept_.Drop(fd);  // Closed by the server, or it says what nobody asked for.
    } else {
      HandleCurlEvent(events[i]);
    }
  }
}

void CurlClient::HandleCurlEvent(const epoll_event& event) {
  int what = 0;
  if ((event.events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
  if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((event.events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
  int running = 0;
  curl_multi_socket_action(multi_, event.data.fd, what, &running);
}

void CurlClient::CollectFinished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const int code = message->data.result;
    char* pointer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &pointer);
    Complete(*reinterpret_cast<CurlTransfer*>(pointer), code);
  }
}

void CurlClient::Complete(CurlTransfer& transfer, int curl_code) {
  curl_multi_remove_handle(multi_, transfer.easy());
  if (transfer.FollowsRedirect(curl_code)) {
    curl_multi_add_handle(multi_, transfer.easy());
    return;
  }
  const auto node = transfers_.extract(transfer.id());
  node.mapped()->Finish(curl_code);
  KeepHandle(node.mapped()->ReleaseHandle());
}

void CurlClient::TakeQueue() {
  std::vector<std::unique_ptr<CurlTransfer>> starts;
  std::vector<RequestId> cancels;
  {
    MutexLock lock(mutex_);
    starts.swap(to_start_);
    cancels.swap(to_cancel_);
  }
  for (auto& transfer : starts) Begin(std::move(transfer));
  for (const RequestId id : cancels) CancelNow(id);
}

void CurlClient::Begin(std::unique_ptr<CurlTransfer> transfer) {
  if (!BeginDirect(transfer)) BeginWithCurl(std::move(transfer));
}

bool CurlClient::BeginDirect(std::unique_ptr<CurlTransfer>& transfer) {
  const std::string& authority = transfer->direct_authority();
  if (authority.empty()) return false;
  FileDescriptor socket = kept_.Take(authority);
  if (!socket.is_open()) return false;
  const int fd = socket.get();
  auto exchange = std::make_unique<DirectExchange>(std::move(transfer), std::move(socket),
                                                   clock_.MonotonicNs());
  if (!exchange->Send(setup_.user_agent)) {
    transfer = exchange->ReleaseTransfer(clock_.MonotonicNs());
    return false;
  }
  timeouts_.emplace(exchange->deadline_ns(), fd);
  exchanges_.emplace(fd, std::move(exchange));
  return true;
}

void CurlClient::ContinueDirect(Exchanges::iterator at) {
  const DirectExchange::Progress progress = at->second->Receive(scratch_);
  if (progress == DirectExchange::Progress::kMore) return;
  const std::unique_ptr<DirectExchange> exchange = EndDirect(at);
  const int64_t now_ns = clock_.MonotonicNs();
  if (progress == DirectExchange::Progress::kFailed) {
    BeginWithCurl(exchange->ReleaseTransfer(now_ns));
  } else if (progress == DirectExchange::Progress::kTooLarge) {
    exchange->FailTooLarge();
  } else {
    const std::string authority = exchange->transfer().direct_authority();
    FileDescriptor socket = exchange->Finish(now_ns);
    if (socket.is_open()) kept_.Return(authority, std::move(socket), now_ns);
  }
}

std::unique_ptr<DirectExchange> CurlClient::EndDirect(Exchanges::iterator at) {
  std::unique_ptr<DirectExchange> exchange = std::move(at->second);
  timeouts_.erase({exchange->deadline_ns(), at->first});
  exchanges_.erase(at);
  return exchange;
}

void CurlClient::EndLateExchanges() {
  const int64_t now_ns = clock_.MonotonicNs();
  while (!timeouts_.empty() && timeouts_.begin()->first <= now_ns) {
    EndDirect(exchanges_.find(timeouts_.begin()->second))->FailTimeout();
  }
  if (now_ns < next_tidying_ns_) return;
  next_tidying_ns_ = now_ns + int64_t{kMaxWaitMs} * 1'000'000;
  kept_.DropIdleSince(now_ns - kMaxIdleNs);
}

void CurlClient::BeginWithCurl(std::unique_ptr<CurlTransfer> transfer) {
  const Status ready = transfer->Prepare(TakeHandle(transfer->request().options));
  if (!ready) {
    const ClientRequest& request = transfer->request();
    transfer->Fail(Error(ready.error().code(),
                         RequestErrorText(request.method, request.url, ready.error().message())));
    KeepHandle(transfer->ReleaseHandle());
    return;
  }
  const CurlEasy easy = transfer->easy();
  transfers_.emplace(transfer->id(), std::move(transfer));
  curl_multi_add_handle(multi_, easy);
}

void CurlClient::CancelNow(RequestId id) {
  const auto fail = [](CurlTransfer& transfer) {
    const ClientRequest& request = transfer.request();
    transfer.Fail(Error(ErrorCode::kCanceled,
                        RequestErrorText(request.method, request.url, "context canceled")));
  };
  if (const auto node = transfers_.extract(id); !node.empty()) {
    CurlTransfer& transfer = *node.mapped();
    curl_multi_remove_handle(multi_, transfer.easy());
    fail(transfer);
    KeepHandle(transfer.ReleaseHandle());
    return;
  }
  const auto exchange = std::find_if(exchanges_.begin(), exchanges_.end(), [id](const auto& entry) {
    return entry.second->transfer().id() == id;
  });
  if (exchange == exchanges_.end()) return;
  fail(*EndDirect(exchange)->ReleaseTransfer(clock_.MonotonicNs()));
}

std::unique_ptr<CurlHandle> CurlClient::TakeHandle(
    const std::shared_ptr<const ClientOptions>& options) {
  const auto same = std::find_if(spare_handles_.rbegin(), spare_handles_.rend(),
                                 [&](const auto& handle) { return handle->applied == options; });
  if (same == spare_handles_.rend()) return std::make_unique<CurlHandle>(setup_);
  auto handle = std::move(*same);
  spare_handles_.erase(std::next(same).base());
  return handle;
}

void CurlClient::KeepHandle(std::unique_ptr<CurlHandle> handle) {
  if (spare_handles_.size() >= kMaxSpareHandles) spare_handles_.erase(spare_handles_.begin());
  spare_handles_.push_back(std::move(handle));
}

int CurlClient::OnSocket(CURL*, curl_socket_t socket, int what, void* client, void* known) {
  auto& self = *static_cast<CurlClient*>(client);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(self.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = 0, .data = {.fd = socket}};
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  const int operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  epoll_ctl(self.epoll_.get(), operation, socket, &event);
  curl_multi_assign(self.multi_, socket, &self);  // Any mark: known from now on.
  return 0;
}

int CurlClient::OnClose(void* client, curl_socket_t socket) {
  auto& self = *static_cast<CurlClient*>(client);
  FileDescriptor descriptor(socket);
  const auto owner = self.socket_owners_.extract(socket);
  if (!owner.empty() && owner.mapped()->LeavesConnection()) {
    self.kept_.Add(owner.mapped()->direct_authority(), std::move(descriptor),
                   self.clock_.MonotonicNs());
  }
  return 0;
}

int CurlClient::OnTimer(CURLM*, long timeout_ms, void* client) {
  auto& self = *static_cast<CurlClient*>(client);
  self.timer_deadline_ns_ =
      timeout_ms < 0 ? kNoDeadline : self.clock_.MonotonicNs() + int64_t{timeout_ms} * 1'000'000;
  return 0;
}

}  // namespace

std::unique_ptr<IoClient> MakeCurlClient(std::string user_agent) {
  return std::make_unique<CurlClient>(std::move(user_agent));
}

}  // namespace tocsin::http

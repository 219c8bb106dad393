#include "http/web_security.h"

namespace tocsin::http {
namespace {

// Reading and comparing the files costs about 100 µs: nothing once a second, too much at each
// request.
constexpr int64_t kReadIntervalNs = 1'000'000'000;

}  // namespace

Result<std::unique_ptr<WebSecurity>> WebSecurity::Make(WebConfigLoader load, const Clock& clock,
                                                       Logger& logger) {
  std::unique_ptr<WebSecurity> security(new WebSecurity(std::move(load), clock, logger));
  TOCSIN_ASSIGN_OR_RETURN(auto first, security->Read(nullptr));
  MutexLock lock(security->mutex_);
  security->current_ = std::move(first);
  security->next_read_ns_ = clock.MonotonicNs() + kReadIntervalNs;
  return security;
}

std::shared_ptr<const WebSecurity::Snapshot> WebSecurity::Current() {
  if (load_) {
    int64_t due_ns = next_read_ns_.load();
    const int64_t now_ns = clock_.MonotonicNs();
    // One caller wins the exchange and reads; the others go on with what is there.
    if (now_ns >= due_ns &&
        next_read_ns_.compare_exchange_strong(due_ns, now_ns + kReadIntervalNs)) {
      Refresh();
    }
  }
  MutexLock lock(mutex_);
  return current_;
}

void WebSecurity::Refresh() {
  std::shared_ptr<const Snapshot> old;
  {
    MutexLock lock(mutex_);
    old = current_;
  }
  auto fresh = Read(old.get());
  if (!fresh) {
    logger_.Error("Reading the web configuration failed, keeping the previous one",
                  {{"err", fresh.error().message()}});
    return;
  }
  MutexLock lock(mutex_);
  current_ = std::move(*fresh);
}

Result<std::shared_ptr<const WebSecurity::Snapshot>> WebSecurity::Read(const Snapshot* old) const {
  auto snapshot = std::make_shared<Snapshot>();
  if (!load_) return std::shared_ptr<const Snapshot>(std::move(snapshot));
  TOCSIN_ASSIGN_OR_RETURN(snapshot->config, load_());
  auto& tls = snapshot->config.tls;
  if (old != nullptr && tls.has_value() != old->config.tls.has_value()) {
    return Error(ErrorCode::kInvalidArgument, "TLS cannot be switched on or off without a restart");
  }
  if (tls) {
    TOCSIN_ASSIGN_OR_RETURN(tls, ReadTlsFiles(std::move(*tls)));
    if (old != nullptr && *tls == *old->config.tls) {
      snapshot->tls = old->tls;
    } else {
      TOCSIN_ASSIGN_OR_RETURN(snapshot->tls, MakeTlsServerContext(*tls));
    }
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace tocsin::http

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "discovery/file_watcher.h"

namespace tocsin::discovery {

namespace {

// Not IN_MODIFY: a file half written is read when its writer closes it.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_DELETE_SELF | IN_MOVE_SELF;

Error SystemError(const std::string& what) {
  const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
  return Error(code, what + ": " + std::strerror(errno));
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class InotifyWatcher final : public FileWatcher {
 public:
  InotifyWatcher(int inotify_fd, int wake_fd) : inotify_(inotify_fd), wake_(wake_fd) {
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

  ~InotifyWatcher() override {
    thread_.request_stop();
    const uint64_t one = 1;
    // A full counter would have woken the thread as well.
    if (write(wake_.get(), &one, sizeof one) < 0) return;
  }

  Result<WatchId> Watch(const std::string& directory, std::function<void()> changed) override {
    MutexLock lock(mutex_);
    const int descriptor = inotify_add_watch(inotify_.get(), directory.c_str(), kEvents);
    if (descriptor < 0) return SystemError("cannot watch " + directory);
    const WatchId id = ++last_id_;
    watches_[id] = {descriptor, std::move(changed)};
    return id;
  }

  void Unwatch(WatchId id) override {
    MutexLock lock(mutex_);
    const auto found = watches_.find(id);
    if (found == watches_.end()) return;
    const int descriptor = found->second.descriptor;
    watches_.erase(found);
    bool is_shared = false;
    for (const auto& [other, watch] : watches_) is_shared |= watch.descriptor == descriptor;
    if (!is_shared) inotify_rm_watch(inotify_.get(), descriptor);
    while (running_ == id && std::this_thread::get_id() != thread_.get_id()) idle_.wait(mutex_);
  }

 private:
  struct WatchState {
    int descriptor;
    std::function<void()> changed;
  };

  void Run(const std::stop_token& stop) {
    SetThreadName("inotify");
    while (!stop.stop_requested()) {
      pollfd descriptors[] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
      if (poll(descriptors, 2, -1) < 0 && errno != EINTR) return;
      if (stop.stop_requested() || (descriptors[0].revents & POLLIN) == 0) continue;
      Notify(ReadEvents());
    }
  }

  // The inotify descriptors that have news.
  std::set<int> ReadEvents() {
    alignas(inotify_event) char buffer[16 << 10];
    std::set<int> changed;
    const ssize_t size = read(inotify_.get(), buffer, sizeof buffer);
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      changed.insert(event.wd);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
    return changed;
  }

  void Notify(const std::set<int>& descriptors) {
    const bool is_overflow = descriptors.contains(-1);  // Events were lost: everything may be new.
    std::vector<WatchId> due;
    {
      MutexLock lock(mutex_);
      for (const auto& [id, watch] : watches_) {
        if (is_overflow || descriptors.contains(watch.descriptor)) due.push_back(id);
      }
    }
    for (const WatchId id : due) NotifyOne(id);
  }

  void NotifyOne(WatchId id) {
    std::function<void()> changed;
    {
      MutexLock lock(mutex_);
      const auto found = watches_.find(id);
      if (found == watches_.end()) return;
      changed = found->second.changed;
      running_ = id;
    }
    changed();
    MutexLock lock(mutex_);
    running_ = 0;
    idle_.notify_all();
  }

  const Descriptor inotify_;
  const Descriptor wake_;
  Mutex mutex_;
  CondVar idle_;
  std::map<WatchId, WatchState> watches_ GUARDED_BY(mutex_);
  WatchId last_id_ GUARDED_BY(mutex_) = 0;
  WatchId running_ GUARDED_BY(mutex_) = 0;
  std::jthread thread_;  // Last: joined before anything it uses goes.
};

}  // namespace

Result<std::unique_ptr<FileWatcher>> MakeInotifyWatcher() {
  const int inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify_fd < 0) return SystemError("cannot start inotify");
  const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd < 0) {
    close(inotify_fd);
    return SystemError("cannot create an eventfd");
  }
  return std::unique_ptr<FileWatcher>(std::make_unique<InotifyWatcher>(inotify_fd, wake_fd));
}

}  // namespace tocsin::discovery

#include "app/auto_reload.h"

#include "base/xxhash64.h"
#include "config/glob.h"

namespace tocsin::app {

AutoReload::AutoReload(const Clock& clock, Timers& timers, Fs& fs, int64_t interval_ms,
                       Patterns patterns, std::function<void()> reload)
    : clock_(clock),
      timers_(timers),
      fs_(fs),
      interval_ms_(interval_ms),
      patterns_(std::move(patterns)),
      reload_(std::move(reload)),
      last_checksum_(Checksum()) {
  Schedule();
}

AutoReload::~AutoReload() {
  Timers::TimerId timer = 0;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    timer = timer_;
  }
  timers_.Cancel(timer);
}

void AutoReload::Schedule() {
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  timer_ = timers_.RunAt(clock_.NowMs() + interval_ms_, [this] { Look(); });
}

void AutoReload::Look() {
  if (const uint64_t checksum = Checksum(); checksum != last_checksum_) {
    last_checksum_ = checksum;
    reload_();
  }
  Schedule();
}

uint64_t AutoReload::Checksum() const {
  std::string all;
  for (const std::string& pattern : patterns_()) {
    const auto paths = config::Glob(fs_, pattern);
    if (!paths) continue;
    for (const std::string& path : *paths) {
      const auto content = fs_.ReadFile(path);
      all.append(path).append(1, '\0').append(content ? *content : "").append(1, '\0');
    }
  }
  return XxHash64(all);
}

}  // namespace tocsin::app

#include "discovery/file_discovery.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tocsin::discovery {

namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

FileDiscovery::FileDiscovery(config::FileDiscoveryConfig config,
                             const DiscoveryEnvironment& environment)
    : config_(std::move(config)),
      environment_(environment),
      read_errors_(environment.registry.AddCounter("prometheus_sd_file_read_errors_total",
                                                   "The number of File-SD read errors.")),
      scan_duration_(
          environment.registry.AddSummary("prometheus_sd_file_scan_duration_seconds",
                                          "The duration of the File-SD scan in seconds.")) {}

FileDiscovery::~FileDiscovery() {
  std::map<std::string, FileWatcher::WatchId> watches;
  {
    MutexLock lock(refresh_mutex_);
    MutexLock inner_lock(mutex_);
    is_stopped_ = true;
    watches.swap(watches_);
  }
  for (const auto& [directory, id] : watches) environment_.watcher.Unwatch(id);
  std::vector<Timers::TimerId> timers;
  {
    MutexLock lock(mutex_);
    timers.assign(refresh_timers_.begin(), refresh_timers_.end());
    timers.insert(timers.end(), tick_timers_.begin(), tick_timers_.end());
  }
  for (const Timers::TimerId timer : timers) environment_.timers.Cancel(timer);
}

void FileDiscovery::Start(Publish publish) {
  publish_ = std::move(publish);
  Refresh();
  ScheduleTick();
}

void FileDiscovery::ScheduleRefresh() {
  MutexLock lock(mutex_);
  is_refresh_due_ = true;
  if (is_stopped_ || is_refreshing_) return;
  is_refreshing_ = true;
  refresh_timers_[1] = refresh_timers_[0];
  refresh_timers_[0] =
      environment_.timers.RunAt(environment_.clock.NowMs(), [this] { RunRefreshes(); });
}

void FileDiscovery::RunRefreshes() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (is_stopped_ || !is_refresh_due_) {
        is_refreshing_ = false;
        return;
      }
      is_refresh_due_ = false;
    }
    Refresh();
  }
}

void FileDiscovery::ScheduleTick() {
  MutexLock lock(mutex_);
  if (is_stopped_) return;
  const int64_t deadline_ms = environment_.clock.NowMs() + config_.refresh_interval.count();
  tick_timers_[1] = tick_timers_[0];
  tick_timers_[0] = environment_.timers.RunAt(deadline_ms, [this] {
    Refresh();
    ScheduleTick();
  });
}

void FileDiscovery::Refresh() {
  MutexLock lock(refresh_mutex_);
  {
    MutexLock inner_lock(mutex_);
    if (is_stopped_) return;
  }
  const int64_t begin_ns = environment_.clock.MonotonicNs();
  // Watch first: a change while reading must bring us back.
  WatchDirectories();
  ReadFiles();
  std::vector<TargetGroup> all;
  for (const auto& [path, groups] : groups_of_file_) {
    all.insert(all.end(), groups.begin(), groups.end());
  }
  scan_duration_.Observe(static_cast<double>(environment_.clock.MonotonicNs() - begin_ns) * 1e-9);
  publish_(std::move(all));
}

void FileDiscovery::ReadFiles() {
  std::map<std::string, std::vector<TargetGroup>> fresh;
  for (const std::string& path : MatchingFiles()) {
    Result<std::vector<TargetGroup>> groups = environment_.load_groups(environment_.fs, path);
    if (groups) {
      fresh[path] = std::move(*groups);
      continue;
    }
    read_errors_.Increment();
    environment_.logger.Error("Error reading file",
                              {{"path", path}, {"err", groups.error().message()}});
    const auto last = groups_of_file_.find(path);
    if (last != groups_of_file_.end()) fresh[path] = std::move(last->second);
  }
  groups_of_file_ = std::move(fresh);
}

std::vector<std::string> FileDiscovery::MatchingFiles() {
  std::vector<std::string> paths;
  for (const std::string& pattern : config_.files) {
    std::vector<std::string> matches = ExpandGlob(pattern);
    std::move(matches.begin(), matches.end(), std::back_inserter(paths));
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

// Only the last component may hold wildcards: configuration accepts no other globs.
std::vector<std::string> FileDiscovery::ExpandGlob(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == pattern.npos) {
    if (environment_.fs.Exists(pattern)) return {pattern};
    return {};
  }
  const size_t slash = pattern.rfind('/');
  const std::string prefix = slash == pattern.npos ? "" : pattern.substr(0, slash + 1);
  const std::string name_pattern = pattern.substr(prefix.size());
  const auto entries = environment_.fs.List(DirectoryOf(pattern));
  if (!entries) return {};
  std::vector<std::string> matches;
  for (const DirectoryEntry& entry : *entries) {
    if (entry.is_directory || fnmatch(name_pattern.c_str(), entry.name.c_str(), 0) != 0) continue;
    matches.push_back(prefix + entry.name);
  }
  return matches;
}

void FileDiscovery::WatchDirectories() {
  for (const std::string& pattern : config_.files) {
    const std::string directory = DirectoryOf(pattern);
    // A directory that is not there yet gets its watch at a later refresh; a watch whose directory
    // was removed and made again is renewed.
    const auto old = watches_.find(directory);
    if (old != watches_.end() && environment_.fs.Exists(directory)) continue;
    if (old != watches_.end()) {
      environment_.watcher.Unwatch(old->second);
      watches_.erase(old);
    }
    const auto id = environment_.watcher.Watch(directory, [this] { ScheduleRefresh(); });
    if (id) {
      watches_[directory] = *id;
    } else {
      environment_.logger.Error("Error adding file watch",
                                {{"path", directory}, {"err", id.error().message()}});
    }
  }
}

}  // namespace tocsin::discovery

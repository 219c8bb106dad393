#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/timers.h"
#include "config/target_group.h"
#include "discovery/discoverer.h"
#include "discovery/environment.h"
#include "discovery/file_watcher.h"

namespace tocsin::discovery {

/// The groups of the files that some globs match: read at the start, when something in their
/// directories changes, and every refresh interval in case a change went unnoticed. A file that
/// cannot be read keeps the groups it had and is reported; a file that is gone takes its groups
/// along. Thread-safe.
class FileDiscovery final : public Discoverer {
 public:
  FileDiscovery(config::FileDiscoveryConfig config, const DiscoveryEnvironment& environment);
  ~FileDiscovery() override;
  void Start(Publish publish) override;

 private:
  std::vector<std::string> MatchingFiles();
  std::vector<std::string> ExpandGlob(const std::string& pattern);
  void Refresh();
  void ReadFiles() REQUIRES(refresh_mutex_);
  void WatchDirectories() REQUIRES(refresh_mutex_);
  void ScheduleRefresh();
  void RunRefreshes();
  void ScheduleTick();

  // Constant after construction.
  const config::FileDiscoveryConfig config_;
  const DiscoveryEnvironment environment_;
  telemetry::Counter& read_errors_;
  telemetry::Histogram& scan_duration_;
  Publish publish_;

  // Held while files are read and published, so that publications do not overlap.
  Mutex refresh_mutex_;
  std::map<std::string, std::vector<TargetGroup>> groups_of_file_ GUARDED_BY(refresh_mutex_);
  std::map<std::string, FileWatcher::WatchId> watches_ GUARDED_BY(refresh_mutex_);

  // Never held while a callback of others runs. Taken after refresh_mutex_, if both.
  Mutex mutex_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  bool is_refreshing_ GUARDED_BY(mutex_) = false;   // A refresh timer is pending or running.
  bool is_refresh_due_ GUARDED_BY(mutex_) = false;  // Something changed since it began to read.
  // The newest timer of each kind and the one before, whose callback may be returning yet.
  std::array<Timers::TimerId, 2> refresh_timers_ GUARDED_BY(mutex_) = {};
  std::array<Timers::TimerId, 2> tick_timers_ GUARDED_BY(mutex_) = {};
};

}  // namespace tocsin::discovery

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/timers.h"
#include "http/client.h"
#include "scraper/scrape_metrics.h"
#include "scraper/scrape_settings.h"
#include "scraper/target.h"
#include "scraper/target_appender.h"
#include "scraper/target_url.h"
#include "scraper/target_view.h"
#include "scraper/work_tracker.h"
#include "storage/appendable.h"

namespace tocsin::scraper {

/// What scraping needs from outside. References outlive all loops; `work` is shared by them, so
/// that the last scrape can end while the manager waits for it.
struct ScrapeEnvironment {
  const Clock& clock;
  Timers& timers;
  http::Client& client;
  storage::Appendable& storage;
  Logger& logger;
  ScrapeMetrics& metrics;
  MetadataPool& metadata_pool;
  /// Runs a task on some worker thread, soon. Pages are parsed there, not on the I/O thread.
  std::function<void(std::function<void()>)> run_on_worker;
  uint64_t offset_seed = 0;  ///< Keeps servers from scraping a target at the same moment.
  GlobalUrlOptions global_url;
  std::shared_ptr<WorkTracker> work;
};

/// Scrapes one target at its times: a state machine of timer, request and worker, without a thread
/// of its own. One scrape at a time; one that takes longer than the interval is followed by the
/// next at once, and the ticks in between are skipped. The place of a target in the interval
/// follows from its labels, so load is spread and restarts change nothing; sample times within
/// min(2 ms, 1 % of the interval) of the grid are set to it. Owned by shared_ptr: by its pool, and
/// by a timer, request or worker while one of them is to come back. Thread-safe.
class ScrapeLoop : public std::enable_shared_from_this<ScrapeLoop> {
 public:
  ScrapeLoop(const ScrapeEnvironment& environment, std::shared_ptr<const Target> target,
             std::shared_ptr<const ScrapeSettings> settings);

  /// Plans the first scrape. Once.
  void Start();
  /// Goes on with changed settings, from the next scrape on. What is known of the series stays
  /// known, if the settings allow it; `target` must carry the same labels and URL.
  void Update(std::shared_ptr<const Target> target, std::shared_ptr<const ScrapeSettings> settings);
  /// While `error` is not empty, scrapes fail with it instead of asking the target.
  void SetForcedError(std::string error);
  /// The target is gone: no more scrapes. If there was one, stale markers follow when the target
  /// would have been scraped a second time, plus a tenth of the interval, unless it is back by
  /// then.
  void Retire();
  /// The server stops: nothing more is written.
  void Abandon();
  /// Lets go of storage, for whoever still holds the loop. Only after Abandon, with no work under
  /// way; metadata() is gone, too.
  void Release();

  std::shared_ptr<const Target> target() const;
  ActiveTargetView View() const;
  const TargetMetadata& metadata() const { return appender_->metadata(); }
  /// Whether nothing will happen any more.
  bool is_done() const;

 private:
  enum class State : uint8_t { kNew, kWaiting, kScraping, kRetired, kDone };
  /// One scrape, from its tick to its commit.
  struct Scrape {
    std::shared_ptr<const Target> target;
    std::shared_ptr<const ScrapeSettings> settings;
    std::string forced_error;
    int64_t start_ns = 0;  // Monotonic.
    int64_t timestamp_ms = 0;
  };
  struct Health {
    std::string last_error;
    int64_t last_scrape_ms = 0;
    double last_duration_seconds = 0;
    TargetHealth health = TargetHealth::kUnknown;
  };

  int64_t GridAtOrBefore(int64_t now_ms) const REQUIRES(mutex_);
  void ScheduleTick(int64_t deadline_ms) REQUIRES(mutex_);
  void ScheduleStaleMarkers() REQUIRES(mutex_);
  void ObserveInterval(int64_t start_ns) REQUIRES(mutex_);
  void OnTick();
  void SendRequest(std::shared_ptr<const Scrape> scrape);
  void OnWorker(const Scrape& scrape, Result<http::ClientResponse>& response);
  void Append(const Scrape& scrape, Result<http::ClientResponse>& response);
  void ReportFailure(const Scrape& scrape, const Error& error, Logger& logger);
  Status AppendBody(const Scrape& scrape, const http::ClientResponse& response, Logger& logger,
                    PageCounts& counts);
  void Finish(const Scrape& scrape, const Status& status, double duration_seconds);
  void WriteStaleMarkers(int64_t timestamp_ms);

  // Constant after construction.
  const ScrapeEnvironment& environment_;

  // Confined to the scrape or stale marker under way, of which there is one at most.
  std::unique_ptr<TargetAppender> appender_;

  // Never held while a callback of others runs.
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::kNew;
  bool is_retiring_ GUARDED_BY(mutex_) = false;  // Retire came during a scrape.
  std::shared_ptr<const Target> target_ GUARDED_BY(mutex_);
  std::shared_ptr<const ScrapeSettings> settings_ GUARDED_BY(mutex_);
  std::string forced_error_ GUARDED_BY(mutex_);
  Health health_ GUARDED_BY(mutex_);
  Timers::TimerId timer_ GUARDED_BY(mutex_) = 0;
  http::Client::RequestId request_ GUARDED_BY(mutex_) = 0;
  int64_t last_grid_ms_ GUARDED_BY(mutex_) = 0;                          // Of the last scrape.
  int64_t last_start_ns_ GUARDED_BY(mutex_) = -1;                        // -1: there was none.
  telemetry::Histogram* interval_summary_ GUARDED_BY(mutex_) = nullptr;  // Of the interval below.
  int64_t interval_summary_of_ms_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::scraper

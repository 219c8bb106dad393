#include "scraper/scrape_loop.h"

#include <algorithm>
#include <utility>

#include "exposition/content_type.h"
#include "model/duration.h"
#include "scraper/scrape_request.h"

namespace tocsin::scraper {

namespace {

constexpr int64_t kMaxToleranceMs = 2;  // Upstream's ScrapeTimestampTolerance.

int64_t OffsetMs(const Target& target, uint64_t seed) {
  const auto interval_ns = static_cast<uint64_t>(target.interval_ms) * 1'000'000;
  return static_cast<int64_t>((target.hash ^ seed) % interval_ns / 1'000'000);
}

}  // namespace

ScrapeLoop::ScrapeLoop(const ScrapeEnvironment& environment, std::shared_ptr<const Target> target,
                       std::shared_ptr<const ScrapeSettings> settings)
    : environment_(environment),
      appender_(std::make_unique<TargetAppender>(environment.storage, environment.metadata_pool,
                                                 environment.metrics)),
      target_(std::move(target)),
      settings_(std::move(settings)) {}

// Planning.

int64_t ScrapeLoop::GridAtOrBefore(int64_t now_ms) const {
  const int64_t phase_ms =
      (now_ms - OffsetMs(*target_, environment_.offset_seed)) % target_->interval_ms;
  return now_ms - (phase_ms < 0 ? phase_ms + target_->interval_ms : phase_ms);
}

void ScrapeLoop::ScheduleTick(int64_t deadline_ms) {
  state_ = State::kWaiting;
  timer_ = environment_.timers.RunAt(deadline_ms, [self = shared_from_this()] { self->OnTick(); });
}

void ScrapeLoop::Start() {
  MutexLock lock(mutex_);
  if (state_ != State::kNew) return;
  ScheduleTick(GridAtOrBefore(environment_.clock.NowMs()) + target_->interval_ms);
}

void ScrapeLoop::Update(std::shared_ptr<const Target> target,
                        std::shared_ptr<const ScrapeSettings> settings) {
  Timers::TimerId outdated = 0;
  {
    MutexLock lock(mutex_);
    const bool is_moved =
        target->interval_ms != target_->interval_ms || target->hash != target_->hash;
    target_ = std::move(target);
    settings_ = std::move(settings);
    if (is_moved && state_ == State::kWaiting) {
      outdated = timer_;
      ScheduleTick(GridAtOrBefore(environment_.clock.NowMs()) + target_->interval_ms);
    }
  }
  if (outdated != 0) environment_.timers.Cancel(outdated);
}

void ScrapeLoop::SetForcedError(std::string error) {
  MutexLock lock(mutex_);
  forced_error_ = std::move(error);
}

void ScrapeLoop::Retire() {
  Timers::TimerId timer = 0;
  {
    MutexLock lock(mutex_);
    if (state_ == State::kScraping) {
      is_retiring_ = true;
      return;
    }
    if (state_ == State::kRetired || state_ == State::kDone) return;
    timer = timer_;
    ScheduleStaleMarkers();
  }
  environment_.timers.Cancel(timer);
}

void ScrapeLoop::ScheduleStaleMarkers() {
  if (last_start_ns_ < 0) {
    state_ = State::kDone;
    return;
  }
  state_ = State::kRetired;
  const int64_t interval_ms = target_->interval_ms;
  const int64_t stale_ms = GridAtOrBefore(environment_.clock.NowMs()) + interval_ms;
  timer_ = environment_.timers.RunAt(
      stale_ms + interval_ms + interval_ms / 10,
      [self = shared_from_this(), stale_ms] { self->WriteStaleMarkers(stale_ms); });
}

void ScrapeLoop::Abandon() {
  Timers::TimerId timer = 0;
  http::Client::RequestId request = 0;
  {
    MutexLock lock(mutex_);
    state_ = State::kDone;
    timer = timer_;
    request = request_;
  }
  environment_.timers.Cancel(timer);
  if (request != 0) environment_.client.Cancel(request);
}

void ScrapeLoop::Release() { appender_.reset(); }

// Scraping.

void ScrapeLoop::OnTick() {
  auto scrape = std::make_shared<Scrape>();
  {
    MutexLock lock(mutex_);
    if (state_ != State::kWaiting) return;
    const int64_t now_ms = environment_.clock.NowMs();
    const int64_t grid_ms = GridAtOrBefore(now_ms);
    // A timer that an Update could not cancel any more.
    if (last_start_ns_ >= 0 && grid_ms == last_grid_ms_) return;
    state_ = State::kScraping;
    last_grid_ms_ = grid_ms;
    const int64_t tolerance_ms = std::min(kMaxToleranceMs, target_->interval_ms / 100);
    const bool is_on_grid = now_ms - grid_ms <= tolerance_ms;
    *scrape = {target_, settings_, forced_error_, environment_.clock.MonotonicNs(),
               is_on_grid ? grid_ms : now_ms};
    ObserveInterval(scrape->start_ns);
    environment_.work->Begin();
  }
  if (scrape->forced_error.empty()) return SendRequest(std::move(scrape));
  environment_.run_on_worker([self = shared_from_this(), scrape] {
    Result<http::ClientResponse> refusal = Error(ErrorCode::kUnavailable, scrape->forced_error);
    self->OnWorker(*scrape, refusal);
  });
}

void ScrapeLoop::ObserveInterval(int64_t start_ns) {
  if (interval_summary_ == nullptr || interval_summary_of_ms_ != target_->interval_ms) {
    // A lookup builds strings and takes the registry's lock: not for every scrape.
    interval_summary_of_ms_ = target_->interval_ms;
    interval_summary_ = &environment_.metrics.registry.AddSummary(
        "prometheus_target_interval_length_seconds", "Actual intervals between scrapes.",
        {{"interval", FormatGoDurationNs(target_->interval_ms * 1'000'000)}});
  }
  if (last_start_ns_ >= 0) {
    interval_summary_->Observe(static_cast<double>(start_ns - last_start_ns_) * 1e-9);
  }
  last_start_ns_ = start_ns;
}

void ScrapeLoop::SendRequest(std::shared_ptr<const Scrape> scrape) {
  const http::Client::RequestId request = environment_.client.Start(
      MakeScrapeRequest(*scrape->target, *scrape->settings),
      [self = shared_from_this(), scrape](Result<http::ClientResponse> response) {
        // The I/O thread only hands over; std::function wants what it holds to be copyable.
        auto shared = std::make_shared<Result<http::ClientResponse>>(std::move(response));
        self->environment_.run_on_worker(
            [self, scrape, shared] { self->OnWorker(*scrape, *shared); });
      });
  bool is_abandoned = false;
  {
    MutexLock lock(mutex_);
    request_ = request;
    is_abandoned = state_ == State::kDone;
  }
  if (is_abandoned) environment_.client.Cancel(request);
}

void ScrapeLoop::OnWorker(const Scrape& scrape, Result<http::ClientResponse>& response) {
  bool is_abandoned = false;
  {
    MutexLock lock(mutex_);
    request_ = 0;
    is_abandoned = state_ == State::kDone;
  }
  const std::shared_ptr<WorkTracker> work = environment_.work;
  if (!is_abandoned) Append(scrape, response);
  work->End();
}

void ScrapeLoop::Append(const Scrape& scrape, Result<http::ClientResponse>& response) {
  const std::string& url = scrape.target->url;
  ContextLogger logger(environment_.logger,
                       {{"scrape_pool", scrape.settings->config.job_name}, {"target", url}});
  ScrapeReport report;
  PageCounts counts;
  appender_->BeginRow(scrape.timestamp_ms);
  Status status = OpenScrapeResponse(response, *scrape.settings);
  if (status) {
    report.body_size_bytes = static_cast<double>(response->body.size());
    status = AppendBody(scrape, *response, logger, counts);
  } else if (status.error().code() == ErrorCode::kTooLarge) {
    environment_.metrics.exceeded_body_size_limit.Increment();
    report.body_size_bytes = -1;
  }
  if (!status) ReportFailure(scrape, status.error(), logger);
  const int64_t duration_ns = environment_.clock.MonotonicNs() - scrape.start_ns;
  report.is_up = status.ok();
  report.duration_seconds = static_cast<double>(duration_ns) * 1e-9;
  report.samples_scraped = counts.samples;
  report.samples_post_relabel = counts.post_relabel;
  report.series_added = counts.series_added;
  report.has_extra_metrics = scrape.settings->config.extra_scrape_metrics.value_or(false);
  report.timeout_seconds = static_cast<double>(scrape.target->timeout_ms) / 1000;
  report.sample_limit = scrape.settings->config.sample_limit;
  if (const Status added = appender_->AppendReport(report, scrape.target->labels); !added) {
    logger.Warn("Appending scrape report failed", {{"err", added.error().message()}});
  }
  if (const Status committed = appender_->Commit(logger); !committed) {
    logger.Error("Scrape commit failed", {{"err", committed.error().message()}});
    // Nothing of the scrape is stored, not even `up`: the target's view is the place to say why.
    if (status) status = committed.error().WithContext("storing the scrape");
  }
  environment_.metrics.scrape_duration.Observe(report.duration_seconds);
  Finish(scrape, status, report.duration_seconds);
}

void ScrapeLoop::ReportFailure(const Scrape& scrape, const Error& error, Logger& logger) {
  logger.Debug("Scrape failed", {{"err", error.message()}});
  if (Logger* const log = scrape.settings->failure_log.get()) {
    log->Error(error.message(),
               {{"job_name", scrape.settings->config.job_name}, {"target", scrape.target->url}});
  }
}

Status ScrapeLoop::AppendBody(const Scrape& scrape, const http::ClientResponse& response,
                              Logger& logger, PageCounts& counts) {
  // An empty page is fine, whatever it calls itself: the target has nothing to say.
  if (response.body.empty()) return {};
  const auto format = exposition::ChooseFormat(http::FindHeader(response.headers, "Content-Type"),
                                               scrape.settings->config.fallback_scrape_protocol);
  if (!format) {
    logger.Error("Failed to determine correct type of scrape target.",
                 {{"err", format.error().message()}});
    return format.error();
  }
  if (!format->warning.empty()) {
    logger.Debug("Invalid content type on scrape, using fallback setting.",
                 {{"err", format->warning}});
  }
  return appender_->AppendPage({response.body, format->format, scrape.target->histograms},
                               *scrape.settings, scrape.target->labels, environment_.clock.NowMs(),
                               counts);
}

void ScrapeLoop::Finish(const Scrape& scrape, const Status& status, double duration_seconds) {
  MutexLock lock(mutex_);
  health_.last_error = status ? "" : status.error().message();
  health_.last_scrape_ms = scrape.timestamp_ms;
  health_.last_duration_seconds = duration_seconds;
  health_.health = status ? TargetHealth::kUp : TargetHealth::kDown;
  if (state_ == State::kDone) return;
  if (is_retiring_) return ScheduleStaleMarkers();
  // In the past when the scrape took longer: then at once.
  ScheduleTick(GridAtOrBefore(last_grid_ms_) + target_->interval_ms);
}

void ScrapeLoop::WriteStaleMarkers(int64_t timestamp_ms) {
  {
    MutexLock lock(mutex_);
    if (state_ != State::kRetired) return;
    environment_.work->Begin();
  }
  environment_.run_on_worker([self = shared_from_this(), timestamp_ms] {
    const Status status = self->appender_->AppendStaleMarkers(timestamp_ms);
    if (!status) {
      self->environment_.logger.Warn("Stale commit failed", {{"err", status.error().message()}});
    }
    const std::shared_ptr<WorkTracker> work = self->environment_.work;
    {
      MutexLock lock(self->mutex_);
      self->state_ = State::kDone;
    }
    work->End();
  });
}

// Views.

std::shared_ptr<const Target> ScrapeLoop::target() const {
  MutexLock lock(mutex_);
  return target_;
}

bool ScrapeLoop::is_done() const {
  MutexLock lock(mutex_);
  return state_ == State::kDone;
}

ActiveTargetView ScrapeLoop::View() const {
  ActiveTargetView view;
  MutexLock lock(mutex_);
  view.discovered_labels = target_->discovered_labels;
  view.labels = target_->labels;
  view.scrape_pool = settings_->config.job_name;
  view.scrape_url = target_->url;
  view.global_url = MakeGlobalUrl(target_->url, environment_.global_url);
  view.last_error = health_.last_error;
  view.last_scrape_ms = health_.last_scrape_ms;
  view.last_scrape_duration_seconds = health_.last_duration_seconds;
  view.health = health_.health;
  view.scrape_interval = target_->all_labels.Get("__scrape_interval__");
  view.scrape_timeout = target_->all_labels.Get("__scrape_timeout__");
  return view;
}

}  // namespace tocsin::scraper

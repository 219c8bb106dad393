#include "remote/write_receiver.h"

#include <random>

#include "base/compression.h"
#include "remote/series_appender.h"
#include "remote/write_outcome.h"
#include "remote/write_v1.h"
#include "remote/write_v2.h"

namespace tocsin::remote {

/// What the requests of one thread at a time use again: memory is asked for once, not a request.
struct WriteScratch {
  std::string decoded;
  ScratchV1 v1;
  ScratchV2 v2;
};

namespace {

constexpr int64_t kMaxAheadMs = 10 * 60 * 1000;  // As upstream: clocks differ, but not by more.
constexpr size_t kMaxFreeScratch = 4;
constexpr size_t kMaxKeptBytes = size_t{4} << 20;  // A request of 2000 samples has 400 kB.

WriteAnswer Refuse(int status, const std::string& why) { return {status, why + "\n", {}}; }

uint64_t MakeSecret() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

WriteReceiver::WriteReceiver(storage::Appendable& storage, const Clock& clock, Logger& logger,
                             telemetry::Registry& registry, WriteReceiverOptions options)
    : storage_(storage),
      clock_(clock),
      logger_(logger),
      invalid_label_samples_(registry.AddCounter(
          "prometheus_api_remote_write_invalid_labels_samples_total",
          "The total number of received remote write samples and histogram samples which were "
          "rejected due to invalid labels.")),
      without_metadata_samples_(registry.AddCounter(
          "prometheus_api_remote_write_without_metadata_appended_samples_total",
          "The total number of received remote write samples (and histogram samples) which were "
          "ingested without corresponding metadata.")),
      options_(std::move(options)),
      secret_(MakeSecret()),
      cache_(options_.max_cached_series) {}

WriteReceiver::~WriteReceiver() = default;

WriteAnswer WriteReceiver::Receive(std::string_view content_type, std::string_view content_encoding,
                                   std::string_view body) {
  const auto log = [this](const Error& error) {
    logger_.Error("Error decoding remote write request", {{"err", error.message()}});
  };
  if (const Status status = CheckContentEncoding(content_encoding); !status) {
    log(status.error());
    return Refuse(415, status.error().message());
  }
  const Result<WriteProtocol> protocol = ParseWriteContentType(content_type);
  Status supported = protocol ? CheckAccepted(*protocol, options_.accepted) : protocol.error();
  if (!supported) {
    log(supported.error());
    return Refuse(415, supported.error().message());
  }
  std::unique_ptr<WriteScratch> scratch = TakeScratch();
  const Status decoded = SnappyDecompress(body, options_.max_decoded_bytes, scratch->decoded);
  if (!decoded) {
    log(decoded.error());
    ReturnScratch(std::move(scratch));
    return Refuse(400, decoded.error().message());
  }
  WriteAnswer answer = Store(*protocol, *scratch);
  ReturnScratch(std::move(scratch));
  return answer;
}

WriteAnswer WriteReceiver::Store(WriteProtocol protocol, WriteScratch& scratch) {
  const std::unique_ptr<storage::Appender> appender = storage_.MakeAppender();
  const SeriesRefCache::View view = cache_.MakeView();
  SeriesAppender series(*appender, cache_, view, clock_.NowMs() + kMaxAheadMs);
  WriteOutcome outcome;
  const Status written =
      protocol == WriteProtocol::kV1
          ? WriterV1(series, view, secret_, scratch.v1, outcome, logger_).Write(scratch.decoded)
          : WriterV2(series, view, secret_, scratch.v2, outcome, logger_).Write(scratch.decoded);
  if (outcome.invalid_label_samples > 0) {
    invalid_label_samples_.Increment(static_cast<double>(outcome.invalid_label_samples));
  }
  if (outcome.out_of_order_exemplars > 0) {
    logger_.Warn("Error on ingesting out-of-order exemplars",
                 {{"num_dropped", std::to_string(outcome.out_of_order_exemplars)}});
  }
  const Status stored = written ? appender->Commit() : written;
  if (!stored) {
    if (!written) appender->Rollback();
    const bool is_refusal = !written && IsRefusal(written.error());
    if (!is_refusal) {
      logger_.Error("Error while storing the remote write request",
                    {{"err", stored.error().message()}});
    }
    return Refuse(is_refusal ? 400 : 500, stored.error().message());
  }
  if (outcome.without_metadata_samples > 0) {
    without_metadata_samples_.Increment(static_cast<double>(outcome.without_metadata_samples));
  }
  WriteAnswer answer;
  answer.written = outcome.written;
  if (!outcome.refusals.empty()) {
    answer.status = 400;
    answer.text = outcome.refusals.Text() + "\n";
  }
  return answer;
}

std::unique_ptr<WriteScratch> WriteReceiver::TakeScratch() {
  {
    MutexLock lock(scratch_mutex_);
    if (!free_scratch_.empty()) {
      std::unique_ptr<WriteScratch> scratch = std::move(free_scratch_.back());
      free_scratch_.pop_back();
      return scratch;
    }
  }
  return std::make_unique<WriteScratch>();
}

void WriteReceiver::ReturnScratch(std::unique_ptr<WriteScratch> scratch) {
  if (scratch->decoded.capacity() > kMaxKeptBytes) return;
  MutexLock lock(scratch_mutex_);
  if (free_scratch_.size() < kMaxFreeScratch) free_scratch_.push_back(std::move(scratch));
}

}  // namespace tocsin::remote

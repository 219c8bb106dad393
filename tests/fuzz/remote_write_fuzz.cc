// Any bytes as a remote write request of either version (the first byte chooses): no crash, only
// valid label sets reach storage, and a receiver that knows the series does with the request what
// one that meets them first does.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/compression.h"
#include "base/log.h"
#include "remote/write_receiver.h"
#include "storage/appendable.h"
#include "telemetry/registry.h"

namespace {

using namespace tocsin;  // NOLINT: a fuzz target is one function.

// Takes everything; knows series by their labels and counts what is committed.
class CountingStorage final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> MakeAppender() override {
    return std::make_unique<CountingAppender>(*this);
  }
  std::unique_ptr<storage::RowAppender> MakeRowAppender() override { return nullptr; }

  std::map<Labels, storage::SeriesRef> refs;
  std::map<storage::SeriesRef, uint64_t> counts;

 private:
  class CountingAppender final : public storage::Appender {
   public:
    explicit CountingAppender(CountingStorage& storage) : storage_(storage) {}
    Result<storage::SeriesRef> Append(storage::SeriesRef ref, const Labels& labels, int64_t,
                                      double) override {
      return Count(ref, labels);
    }
    Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                               int64_t, const Histogram&,
                                               const storage::AppendOptions&) override {
      return Count(ref, labels);
    }
    Result<storage::SeriesRef> AppendHistogram(storage::SeriesRef ref, const Labels& labels,
                                               int64_t, const FloatHistogram&,
                                               const storage::AppendOptions&) override {
      return Count(ref, labels);
    }
    Status Commit() override {
      for (const auto& [ref, count] : pending_) storage_.counts[ref] += count;
      return {};
    }
    void Rollback() override { pending_.clear(); }

   private:
    Result<storage::SeriesRef> Count(storage::SeriesRef ref, const Labels& labels) {
      if (ref == 0) {
        CHECK(IsValidUtf8Name(labels.Get(kMetricNameLabel)), "a series has a metric name");
        std::string_view last;
        for (const LabelView label : labels) {
          CHECK(label.name > last && !label.value.empty(), "labels are sorted, unique, not empty");
          last = label.name;
        }
        ref = storage_.refs.try_emplace(labels, storage_.refs.size() + 1).first->second;
      }
      ++pending_[ref];
      return ref;
    }
    CountingStorage& storage_;
    std::map<storage::SeriesRef, uint64_t> pending_;
  };
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view message(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::string_view type = bytes[0] % 2 == 0
                                    ? "application/x-protobuf"
                                    : "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  std::string body;
  SnappyCompress(message, body);

  CountingStorage storage;
  const ManualClock clock(INT64_MAX / 2'000'000);
  NullLogger logger;
  telemetry::Registry registry;
  remote::WriteReceiverOptions options;
  options.max_cached_series = 64;
  remote::WriteReceiver receiver(storage, clock, logger, registry, options);
  const remote::WriteAnswer first = receiver.Receive(type, "snappy", body);
  const std::map<storage::SeriesRef, uint64_t> once = storage.counts;
  const remote::WriteAnswer second = receiver.Receive(type, "snappy", body);
  CHECK(first.status == second.status && first.text == second.text, "the same answer again");
  CHECK(first.written.samples == second.written.samples, "as many samples again");
  for (const auto& [ref, count] : once) {
    CHECK(storage.counts[ref] == 2 * count, "the same series get the same samples");
  }
  return 0;
}

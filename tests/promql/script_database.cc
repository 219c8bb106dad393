#include "base/clock.h"
#include "base/faulty_fs.h"
#include "base/log.h"
#include "promql/script_load.h"
#include "promql/script_runner.h"
#include "telemetry/registry.h"
#include "tsdb/database.h"

namespace tocsin::promql {
namespace {

class DatabaseScriptStorage final : public ScriptStorage {
 public:
  Status Open() {
    tsdb::DatabaseOptions options;
    options.directory = "/data";
    options.min_block_ms = int64_t{24} * 60 * 60 * 1000;  // As in upstream's runner.
    TOCSIN_ASSIGN_OR_RETURN(database_,
                            tsdb::Database::Open(options, fs_, clock_, logger_, registry_));
    return {};
  }

  storage::Queryable& queryable() override { return *database_; }

  Status Load(const LoadCommand& load) override {
    const std::unique_ptr<storage::Appender> appender = database_->MakeAppender();
    for (const LoadedSample& sample : SamplesOf(load)) {
      const storage::AppendOptions options{.start_timestamp_ms = sample.start_timestamp_ms};
      const Result<storage::SeriesRef> appended =
          sample.histogram != nullptr
              ? appender->AppendHistogram(0, sample.labels, sample.timestamp_ms, *sample.histogram,
                                          options)
              : appender->AppendWith(0, sample.labels, sample.timestamp_ms, sample.value, options);
      const bool is_beyond_it =
          !appended.ok() && appended.error().code() == ErrorCode::kUnimplemented;
      if (!appended.ok() && !is_beyond_it) return appended.error();
      left_out_ |= is_beyond_it;
      left_out_ |= !load.start_times.empty();  // Not kept yet.
    }
    return appender->Commit();
  }

  bool left_samples_out() const override { return left_out_; }

 private:
  FaultyFs fs_;
  ManualClock clock_;
  NullLogger logger_;
  telemetry::Registry registry_;
  std::unique_ptr<tsdb::Database> database_;
  bool left_out_ = false;
};

}  // namespace

Result<std::unique_ptr<ScriptStorage>> MakeDatabaseScriptStorage() {
  auto storage = std::make_unique<DatabaseScriptStorage>();
  TOCSIN_RETURN_IF_ERROR(storage->Open());
  return storage;
}

}  // namespace tocsin::promql

#include <map>

#include "base/clock.h"
#include "base/faulty_fs.h"
#include "base/log.h"
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
    TOCSIN_ASSIGN_OR_RETURN(database_,
                            tsdb::Database::Open(options, fs_, clock_, logger_, registry_));
    return {};
  }

  storage::Queryable& queryable() override { return *database_; }

  Status Load(const LoadCommand& load) override {
    const std::unique_ptr<storage::Appender> appender = database_->MakeAppender();
    std::map<Labels, const SeriesDescription*> last;  // A series named twice is the last one's.
    for (const SeriesDescription& series : load.series) last[series.labels] = &series;
    for (const SeriesDescription& series : load.series) {
      if (last[series.labels] != &series) continue;
      for (size_t i = 0; i < series.values.size(); ++i) {
        const SequenceValue& value = series.values[i];
        if (value.is_omitted || value.histogram) continue;
        const int64_t time_ms = load.step_ms * static_cast<int64_t>(i);
        TOCSIN_RETURN_IF_ERROR(appender->Append(0, series.labels, time_ms, value.value));
      }
    }
    return appender->Commit();
  }

 private:
  FaultyFs fs_;
  ManualClock clock_;
  NullLogger logger_;
  telemetry::Registry registry_;
  std::unique_ptr<tsdb::Database> database_;
};

}  // namespace

Result<std::unique_ptr<ScriptStorage>> MakeDatabaseScriptStorage() {
  auto storage = std::make_unique<DatabaseScriptStorage>();
  TOCSIN_RETURN_IF_ERROR(storage->Open());
  return storage;
}

}  // namespace tocsin::promql

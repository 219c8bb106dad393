#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "promql/engine.h"
#include "promql/script.h"
#include "storage/queryable.h"

namespace tocsin::promql {

/// Where a script loads its samples.
class ScriptStorage {
 public:
  virtual ~ScriptStorage() = default;
  virtual storage::Queryable& queryable() = 0;
  /// Adds the series of a load command, the first value of each at time 0.
  virtual Status Load(const LoadCommand& load) = 0;
  /// Whether it could not take some samples, or not all that belongs to them.
  virtual bool left_samples_out() const { return false; }
};

using MakeScriptStorage = std::function<Result<std::unique_ptr<ScriptStorage>>()>;

/// A storage in memory.
Result<std::unique_ptr<ScriptStorage>> MakeMemoryScriptStorage();

/// The real database, on a file system in memory.
Result<std::unique_ptr<ScriptStorage>> MakeDatabaseScriptStorage();

/// The switches that upstream's own runner sets.
EngineOptions UpstreamTestOptions();

/// What became of an eval command.
struct CaseOutcome {
  int line = 0;
  std::string expr;
  std::string failure;            ///< Why it is wrong; empty when all is as expected.
  bool left_samples_out = false;  ///< By the storage.
};

/// Runs a script with upstream's additional checks: an instant evaluation is repeated with `@` its
/// time at other times, and as the middle step of a range query. Each clear makes a new storage.
/// The error is of a script that cannot be read or loaded.
Result<std::vector<CaseOutcome>> RunScript(std::string_view script, Engine& engine,
                                           const MakeScriptStorage& make_storage);

/// Whether two values are the same to upstream's relative tolerance of 1e-6.
bool AlmostEqual(double a, double b);

}  // namespace tocsin::promql

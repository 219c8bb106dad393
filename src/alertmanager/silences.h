#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alertmanager/durable_state.h"
#include "alertmanager/mesh_format.h"
#include "alertmanager/silence.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::alertmanager {

using SilencePtr = std::shared_ptr<const Silence>;

struct SilencesOptions {
  int64_t retention_ms = int64_t{120} * 3'600'000;  ///< How long an expired silence is kept.
  size_t max_silences = 0;                          ///< 0 is no limit; expired ones count.
  size_t max_silence_size_bytes = 0;                ///< 0 is no limit.
};

/// All silences, in memory and on disk. Thread-safe.
class Silences {
 public:
  /// Keeps references to `clock` and `state`. `make_id` makes UUIDs.
  Silences(const Clock& clock, DurableState& state, SilencesOptions options,
           std::function<std::string()> make_id);

  Status Load();

  /// Creates or updates. A silence whose id is known is changed in place when its matchers are the
  /// same and its times allow it; else the old one expires and a new one, with a new id, takes its
  /// place. Returns the id. kNotFound for an unknown id; kInvalidArgument for nonsense and exceeded
  /// limits.
  Result<std::string> Set(Silence silence);

  /// Ends an active or pending silence now; an expired one stays as it is. kNotFound.
  Status Expire(const std::string& id);

  SilencePtr Find(const std::string& id) const;
  std::vector<SilencePtr> List() const;
  size_t CountInState(SilenceState state) const;

  /// Ids of the silences that mute `labels` now, sorted.
  std::vector<std::string> SilencedBy(const Labels& labels) const;

  /// Forgets silences past their retention and folds the journal into the snapshot.
  Status Maintain();

 private:
  struct Entry {
    SilencePtr silence;
    int64_t expires_at_ns = 0;
  };

  /// Puts the silence into memory and returns its journal record.
  std::string StoreLocked(Silence silence) REQUIRES(mutex_);
  std::optional<std::string> ExpireLocked(const Silence& silence, int64_t now_ns) REQUIRES(mutex_);
  Status CheckSize(const Silence& silence) const;
  Status Take(std::string_view message);
  std::string Snapshot() const;

  const Clock& clock_;
  DurableState& state_;
  const SilencesOptions options_;
  const std::function<std::string()> make_id_;

  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);
};

/// A random UUID, version 4.
std::string MakeRandomUuid();
/// Whether `text` has a UUID's form.
bool IsUuid(std::string_view text);

}  // namespace tocsin::alertmanager

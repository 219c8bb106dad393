#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

/// The integrations of each receiver that some route uses.
using IntegrationsByReceiver = std::map<std::string, std::vector<std::shared_ptr<Integration>>>;

struct PipelineDependencies {
  std::shared_ptr<const Inhibitor> inhibitor;
  const Silences& silences;
  NotificationLog& log;
  std::shared_ptr<SendTurns> turns;
  RetryDependencies retry;
};

/// The way of a flushed group, as one stage that looks at the context's receiver:
/// inhibition, active times, mute times, silences, then for each integration at the same time its
/// turn, deduplication, sending with retries, and the notification log.
/// What `dependencies` refers to must outlive it.
std::unique_ptr<Stage> MakePipeline(const PipelineDependencies& dependencies,
                                    TimeIntervals intervals,
                                    const IntegrationsByReceiver& integrations);

}  // namespace tocsin::alertmanager

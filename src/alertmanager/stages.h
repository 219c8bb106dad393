#pragma once

#include <functional>
#include <memory>
#include <string>

#include "alertmanager/callback_gate.h"
#include "alertmanager/inhibitor.h"
#include "alertmanager/integration.h"
#include "alertmanager/metrics.h"
#include "alertmanager/notification.h"
#include "alertmanager/notification_log.h"
#include "alertmanager/send_turns.h"
#include "alertmanager/silences.h"
#include "alertmanager/time_intervals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"

namespace tocsin::alertmanager {

// The stages of a notification, each in a file of its own name. What they borrow must outlive them;
// pipeline.cc puts them into their order.

/// Drops alerts that another alert inhibits.
std::unique_ptr<Stage> MakeInhibitStage(std::shared_ptr<const Inhibitor> inhibitor,
                                        Metrics& metrics);
/// Drops all alerts outside of the route's active time intervals, and marks the group.
std::unique_ptr<Stage> MakeActiveTimeStage(const TimeIntervals& intervals, Metrics& metrics);
/// Drops all alerts inside of the route's mute time intervals, and marks the group.
std::unique_ptr<Stage> MakeMuteTimeStage(const TimeIntervals& intervals, Metrics& metrics);
/// Drops silenced alerts.
std::unique_ptr<Stage> MakeSilenceStage(const Silences& silences, Metrics& metrics);

/// Lets one notification of a group to an integration through at a time, over reloads too: the next
/// one must see what the notification log learned from the one before. Runs `inner` in its turn.
std::unique_ptr<Stage> MakeTurnStage(std::shared_ptr<SendTurns> turns, ReceiverKey receiver,
                                     std::unique_ptr<Stage> inner);
/// Ends the way when the notification log knows that there is nothing new to tell; else sets the
/// reason.
std::unique_ptr<Stage> MakeDedupStage(const NotificationLog& log, ReceiverKey receiver,
                                      bool sends_resolved, Metrics& metrics);

struct RetryDependencies {
  const Clock& clock;
  Timers& timers;
  Logger& logger;
  Metrics& metrics;
  std::shared_ptr<CallbackGate> gate;
  std::function<double()> random;  ///< Uniform in [0, 1), thread-safe.
};

/// Sends, and tries again with growing pauses until the context's deadline or its cancellation.
std::unique_ptr<Stage> MakeRetryStage(const RetryDependencies& dependencies,
                                      std::shared_ptr<Integration> integration);
/// Writes down what was sent.
std::unique_ptr<Stage> MakeSetNotifiesStage(NotificationLog& log, ReceiverKey receiver);

}  // namespace tocsin::alertmanager

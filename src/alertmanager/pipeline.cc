#include "alertmanager/pipeline.h"

#include <utility>

namespace tocsin::alertmanager {

namespace {

using Stages = std::vector<std::unique_ptr<Stage>>;

/// Hands each group to the stage of its receiver.
class ReceiverStage final : public Stage {
 public:
  explicit ReceiverStage(std::map<std::string, std::unique_ptr<Stage>> receivers)
      : receivers_(std::move(receivers)) {}

  void Exec(ContextPtr context, AlertList alerts, Done done) override {
    const auto found = receivers_.find(context->receiver);
    if (found == receivers_.end()) {
      done(Errorf(ErrorCode::kInternal, "stage for receiver {} missing", context->receiver));
      return;
    }
    found->second->Exec(std::move(context), std::move(alerts), std::move(done));
  }

 private:
  const std::map<std::string, std::unique_ptr<Stage>> receivers_;
};

/// Owns the time intervals that its stages look at.
class TimedPipeline final : public Stage {
 public:
  TimedPipeline(const PipelineDependencies& dependencies, TimeIntervals intervals,
                std::unique_ptr<Stage> receivers)
      : intervals_(std::move(intervals)) {
    Metrics& metrics = dependencies.retry.metrics;
    Stages stages;
    stages.push_back(MakeInhibitStage(dependencies.inhibitor, metrics));
    stages.push_back(MakeActiveTimeStage(intervals_, metrics));
    stages.push_back(MakeMuteTimeStage(intervals_, metrics));
    stages.push_back(MakeSilenceStage(dependencies.silences, metrics));
    stages.push_back(std::move(receivers));
    sequence_ = std::make_unique<SequenceStage>(std::move(stages));
  }

  void Exec(ContextPtr context, AlertList alerts, Done done) override {
    sequence_->Exec(std::move(context), std::move(alerts), std::move(done));
  }

 private:
  const TimeIntervals intervals_;
  std::unique_ptr<Stage> sequence_;
};

std::unique_ptr<Stage> MakeIntegrationStage(const PipelineDependencies& dependencies,
                                            const std::string& receiver,
                                            const std::shared_ptr<Integration>& integration) {
  const ReceiverKey key{receiver, integration->kind(), integration->index()};
  Stages stages;
  stages.push_back(MakeDedupStage(dependencies.log, key, integration->sends_resolved(),
                                  dependencies.retry.metrics));
  stages.push_back(MakeRetryStage(dependencies.retry, integration));
  stages.push_back(MakeSetNotifiesStage(dependencies.log, key));
  return MakeTurnStage(dependencies.turns, key, std::make_unique<SequenceStage>(std::move(stages)));
}

}  // namespace

std::unique_ptr<Stage> MakePipeline(const PipelineDependencies& dependencies,
                                    TimeIntervals intervals,
                                    const IntegrationsByReceiver& integrations) {
  std::map<std::string, std::unique_ptr<Stage>> receivers;
  for (const auto& [receiver, list] : integrations) {
    Stages stages;
    for (const auto& integration : list) {
      stages.push_back(MakeIntegrationStage(dependencies, receiver, integration));
    }
    receivers[receiver] = std::make_unique<FanoutStage>(std::move(stages));
  }
  return std::make_unique<TimedPipeline>(dependencies, std::move(intervals),
                                         std::make_unique<ReceiverStage>(std::move(receivers)));
}

}  // namespace tocsin::alertmanager

#include <fmt/core.h>

#include <utility>

#include "alertmanager/stages.h"

namespace tocsin::alertmanager {

namespace {

class TurnStage final : public Stage {
 public:
  TurnStage(std::shared_ptr<SendTurns> turns, ReceiverKey receiver, std::unique_ptr<Stage> inner)
      : turns_(std::move(turns)), receiver_(std::move(receiver)), inner_(std::move(inner)) {}

  void Exec(ContextPtr context, AlertList alerts, Done done) override {
    const std::string key = fmt::format("{}:{}/{}/{}", context->group_key, receiver_.receiver,
                                        receiver_.integration, receiver_.index);
    // The table is kept alive by the turn: a stopped owner may drop both this stage and its own
    // share.
    turns_->Enter(key, [this, turns = turns_, key, context, alerts, done] {
      inner_->Exec(context, alerts, [turns, key, done](Result<AlertList> passed) {
        turns->Leave(key);
        done(std::move(passed));
      });
    });
  }

 private:
  const std::shared_ptr<SendTurns> turns_;
  const ReceiverKey receiver_;
  const std::unique_ptr<Stage> inner_;
};

}  // namespace

std::unique_ptr<Stage> MakeTurnStage(std::shared_ptr<SendTurns> turns, ReceiverKey receiver,
                                     std::unique_ptr<Stage> inner) {
  return std::make_unique<TurnStage>(std::move(turns), std::move(receiver), std::move(inner));
}

}  // namespace tocsin::alertmanager

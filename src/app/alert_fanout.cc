#include "app/alert_fanout.h"

namespace tocsin::app {

void AlertFanout::ApplyConfig(const Labels& external_labels,
                              std::vector<RelabelRule> relabel_rules) {
  MutexLock lock(mutex_);
  external_labels_ = external_labels;
  relabel_rules_ = std::move(relabel_rules);
}

std::vector<Alert> AlertFanout::Prepare(std::span<const Alert> alerts) const {
  MutexLock lock(mutex_);
  std::vector<Alert> prepared;
  for (const Alert& alert : alerts) {
    LabelsBuilder labels(alert.labels);
    for (const LabelView external : external_labels_) {
      if (labels.Get(external.name).empty()) labels.Set(external.name, external.value);
    }
    if (!Relabel(relabel_rules_, labels)) continue;
    prepared.push_back(alert);
    prepared.back().labels = labels.Build();
  }
  return prepared;
}

void AlertFanout::Send(std::span<const Alert> alerts) {
  if (const std::vector<Alert> prepared = Prepare(alerts); !prepared.empty()) {
    if (const Status status = alertmanager_(prepared); !status) {
      logger_.Error("The built-in Alertmanager refused alerts",
                    {{"err", status.error().message()}});
    }
  }
  external_(alerts);
}

}  // namespace tocsin::app

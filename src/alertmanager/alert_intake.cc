#include "alertmanager/alert_intake.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

// Upstream's texts, and its order of checks.
Status Validate(const StoredAlert& alert) {
  const auto invalid = [](std::string text) {
    return Error(ErrorCode::kInvalidArgument, std::move(text));
  };
  if (alert.ends_at_ns < alert.starts_at_ns) return invalid("start time must be before end time");
  if (alert.labels.empty()) return invalid("at least one label pair required");
  for (const LabelView label : alert.labels) {
    if (!IsValidUtf8Name(label.name)) {
      return invalid("invalid label set: invalid name " + GoQuote(label.name));
    }
    if (!IsValidUtf8(label.value)) {
      return invalid("invalid label set: invalid value " + GoQuote(label.value));
    }
  }
  for (const LabelView annotation : alert.annotations) {
    if (!IsValidUtf8Name(annotation.name)) {
      return invalid("invalid annotations: invalid name " + GoQuote(annotation.name));
    }
    if (!IsValidUtf8(annotation.value)) {
      return invalid("invalid annotations: invalid value " + GoQuote(annotation.value));
    }
  }
  return {};
}

void Complete(StoredAlert& alert, int64_t now_ns, int64_t resolve_timeout_ms) {
  alert.updated_at_ns = now_ns;
  if (alert.starts_at_ns == 0) {
    alert.starts_at_ns = alert.ends_at_ns != 0 ? alert.ends_at_ns : now_ns;
  }
  if (alert.ends_at_ns == 0) {
    alert.is_timeout = true;
    alert.ends_at_ns = now_ns + resolve_timeout_ms * kNanosPerMilli;
  }
}

}  // namespace

Intake TakeIn(std::vector<StoredAlert> alerts, int64_t now_ns, int64_t resolve_timeout_ms) {
  Intake intake;
  for (StoredAlert& alert : alerts) {
    Complete(alert, now_ns, resolve_timeout_ms);
    ++(alert.ends_at_ns > now_ns ? intake.firing : intake.resolved);
    if (auto status = Validate(alert); !status) {
      intake.errors.push_back(status.error().message());
    } else {
      intake.valid.push_back(std::move(alert));
    }
  }
  return intake;
}

}  // namespace tocsin::alertmanager

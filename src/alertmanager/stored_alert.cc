#include "alertmanager/stored_alert.h"

#include <fmt/core.h>

#include <array>

#include "base/xxhash64.h"

namespace tocsin::alertmanager {

namespace {

uint64_t HashForNotifications(const Labels& labels) {
  std::string bytes;
  for (const LabelView label : labels) {
    bytes.append(label.name).push_back('\xff');
    bytes.append(label.value).push_back('\xff');
  }
  return XxHash64(bytes);
}

// Upstream LabelSet.Before.
bool ComeLabelsBefore(const Labels& a, const Labels& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  auto at_a = a.begin();
  auto at_b = b.begin();
  for (; at_a != a.end(); ++at_a, ++at_b) {
    const LabelView label_a = *at_a;
    const LabelView label_b = *at_b;
    // The first name that only one of them has: the set without it comes first.
    if (label_a.name != label_b.name) return label_a.name > label_b.name;
    if (label_a.value != label_b.value) return label_a.value < label_b.value;
  }
  return false;
}

}  // namespace

void StoredAlert::Finish() {
  fingerprint = labels.Fingerprint();
  notification_hash = HashForNotifications(labels);
}

StoredAlert MergeAlerts(const StoredAlert& older, const StoredAlert& newer, int64_t now_ns) {
  if (newer.updated_at_ns < older.updated_at_ns) return MergeAlerts(newer, older, now_ns);
  StoredAlert merged = newer;
  if (older.starts_at_ns < newer.starts_at_ns) {
    merged.starts_at_ns = older.starts_at_ns;
    merged.starts_at_offset_seconds = older.starts_at_offset_seconds;
  }
  const bool ends_later = older.ends_at_ns > newer.ends_at_ns;
  const bool keeps_older_end = newer.IsResolvedAt(now_ns) ? older.IsResolvedAt(now_ns) && ends_later
                                                          : ends_later && !older.is_timeout;
  if (keeps_older_end) {
    merged.ends_at_ns = older.ends_at_ns;
    merged.ends_at_offset_seconds = older.ends_at_offset_seconds;
  }
  return merged;
}

bool DoRangesOverlap(const StoredAlert& older, const StoredAlert& newer) {
  const auto is_inside_older = [&](int64_t instant_ns) {
    return instant_ns > older.starts_at_ns && instant_ns < older.ends_at_ns;
  };
  return is_inside_older(newer.ends_at_ns) || is_inside_older(newer.starts_at_ns);
}

bool ComesBefore(const StoredAlert& a, const StoredAlert& b) {
  for (const std::string_view name : {"job", "instance"}) {
    const std::string_view value_a = a.labels.Get(name);
    const std::string_view value_b = b.labels.Get(name);
    if (value_a == value_b) continue;
    if (value_a.empty() || value_b.empty()) return value_b.empty();
    return value_a < value_b;
  }
  return ComeLabelsBefore(a.labels, b.labels);
}

AlertList Freeze(const AlertList& alerts, int64_t now_ns) {
  AlertList frozen;
  frozen.reserve(alerts.size());
  for (const AlertPtr& alert : alerts) {
    if (alert->IsResolvedAt(now_ns)) {
      frozen.push_back(alert);
      continue;
    }
    StoredAlert firing = *alert;
    firing.ends_at_ns = 0;
    firing.ends_at_offset_seconds = 0;
    frozen.push_back(std::make_shared<const StoredAlert>(std::move(firing)));
  }
  return frozen;
}

std::string FormatFingerprint(uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

}  // namespace tocsin::alertmanager

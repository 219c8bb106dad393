#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alertmanager/notification.h"
#include "template/value.h"

namespace tocsin::alertmanager {

/// Key and value pairs in order of keys: upstream's KV.
using KeyValues = std::vector<std::pair<std::string, std::string>>;

/// An alert as templates and webhooks see it.
struct NotifiedAlert {
  bool is_firing = true;
  AlertPtr alert;
};

/// What templates and webhooks see of a notification.
struct NotificationData {
  std::string receiver;  ///< Escaped for regular expressions: templates paste it into links.
  bool is_firing = false;
  std::vector<NotifiedAlert> alerts;
  std::string_view reason;
  Labels group_labels;
  Labels common_labels;
  Labels common_annotations;
  KeyValues route_labels;  ///< Rendered.
  std::string external_url;
};

/// Puts the data of a notification together, but for its route labels, which are templates on it.
NotificationData MakeNotificationData(const NotificationContext& context, const AlertList& alerts,
                                      const std::string& external_url);

/// "firing" or "resolved".
std::string_view StatusText(bool is_firing);

/// The value that templates get as dot: fields as upstream's Data has them, with the methods of
/// its label sets and lists (SortedPairs, Remove, Names, Values, Join, Firing, Resolved).
templates::Value ToTemplateValue(const NotificationData& data);

}  // namespace tocsin::alertmanager

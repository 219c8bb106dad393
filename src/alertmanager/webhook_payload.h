#pragma once

#include <cstdint>
#include <string>

#include "alertmanager/notification_templates.h"
#include "alertmanager/template_data.h"
#include "base/result.h"
#include "config/yaml_node.h"

namespace tocsin::alertmanager {

/// The body of a webhook, version 4, byte for byte as upstream sends it: key order of its structs,
/// Go's JSON escapes, a newline at the end. `truncated_alerts` were left out for max_alerts.
std::string WebhookPayload(const NotificationData& data, const std::string& group_key,
                           uint64_t truncated_alerts);

/// A body of the user's own: `tree` as JSON, its strings rendered as templates and read again as
/// YAML.
Result<std::string> CustomWebhookPayload(const config::YamlNode& tree,
                                         const NotificationTemplates& templates,
                                         const NotificationData& data);

}  // namespace tocsin::alertmanager

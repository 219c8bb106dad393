#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alertmanager/integration.h"
#include "alertmanager/notification_templates.h"
#include "base/fs.h"
#include "base/result.h"
#include "config/alertmanager_config.h"
#include "http/client.h"

namespace tocsin::alertmanager {

/// What integrations are made of. All of it outlives them.
struct IntegrationDependencies {
  const Clock& clock;
  Fs& fs;
  http::Client& client;
  /// The client's options for an http_config block.
  std::function<Result<http::ClientOptions>(const config::HttpClientConfig&)> make_client_options;
  std::string user_agent;
  /// Takes the lines of the console receiver; may be empty. Thread-safe.
  std::function<void(const std::string& line)> print_line;
};

using Integrations = std::vector<std::shared_ptr<Integration>>;

/// Makes the integrations of one kind that a receiver's configuration asks for: none, one or more.
using MakeIntegrations = std::function<Result<Integrations>(
    const config::ReceiverConfig& receiver, const IntegrationDependencies& dependencies,
    std::shared_ptr<const NotificationTemplates> templates)>;

/// All kinds of integrations, by name, in the order in which a receiver is notified. A new kind is
/// a file with a MakeIntegrations and a line in receiver_kinds.cc.
const std::vector<std::pair<std::string, MakeIntegrations>>& ReceiverKinds();

/// webhook_configs.
Result<Integrations> MakeWebhooks(const config::ReceiverConfig& receiver,
                                  const IntegrationDependencies& dependencies,
                                  std::shared_ptr<const NotificationTemplates> templates);

/// The built-in receiver: one that is called "console" and has no integrations of its own prints
/// each page to the terminal.
Result<Integrations> MakeConsole(const config::ReceiverConfig& receiver,
                                 const IntegrationDependencies& dependencies,
                                 std::shared_ptr<const NotificationTemplates> templates);

}  // namespace tocsin::alertmanager

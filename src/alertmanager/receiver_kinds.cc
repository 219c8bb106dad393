#include "alertmanager/receiver_kinds.h"

namespace tocsin::alertmanager {

const std::vector<std::pair<std::string, MakeIntegrations>>& ReceiverKinds() {
  static const std::vector<std::pair<std::string, MakeIntegrations>> kinds = {
      {"webhook", MakeWebhooks},
      {"console", MakeConsole},
  };
  return kinds;
}

}  // namespace tocsin::alertmanager

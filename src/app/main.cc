// One binary, several programs: which one is decided by the name it is called as, or by its first
// argument.
#include <string>
#include <string_view>
#include <vector>

#include "app/alertmanager_app.h"
#include "app/prometheus_app.h"
#include "app/tsdb_commands.h"

int main(int argc, char** argv) {
  std::string_view program = argc > 0 ? argv[0] : "tocsin";
  if (const size_t slash = program.rfind('/'); slash != program.npos) {
    program.remove_prefix(slash + 1);
  }
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && (arguments[0] == "prometheus" || arguments[0] == "alertmanager")) {
    program = arguments[0] == "prometheus" ? "prometheus" : "alertmanager";
    arguments.erase(arguments.begin());
  }
  if (!arguments.empty() && arguments[0] == "tsdb" && program != "alertmanager") {
    return tocsin::app::RunTsdbCommand({arguments.begin() + 1, arguments.end()});
  }
  if (program == "alertmanager" || program == "prometheus-alertmanager") {
    return tocsin::app::RunAlertmanager("alertmanager", arguments);
  }
  return tocsin::app::RunPrometheus(std::string(program), arguments);
}

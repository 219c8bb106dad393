#include "alertmanager/notification_templates.h"

#include "alertmanager/template_functions.h"
#include "config/glob.h"
#include "template/arguments.h"

namespace tocsin::alertmanager {

namespace {

using templates::FunctionTable;
using templates::Value;

/// `{{ routeLabels "team" }}`: a route label of the notification that is rendered.
FunctionTable RouteLabelFunctions(const NotificationData& data) {
  return {{"routeLabels", [&data](std::span<const Value> arguments) -> Result<Value> {
             TOCSIN_RETURN_IF_ERROR(templates::CheckArgumentCount("routeLabels", arguments, 1));
             TOCSIN_ASSIGN_OR_RETURN(const std::string name,
                                     templates::StringArgument(arguments[0]));
             for (const auto& [label, value] : data.route_labels) {
               if (label == name) return Value(value);
             }
             return Value("");
           }}};
}

// As Go's ParseGlob: a template is known by the name of its file.
std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<NotificationTemplates> NotificationTemplates::Load(Fs& fs, const Clock& clock,
                                                          const std::vector<std::string>& globs,
                                                          std::string external_url) {
  FunctionTable functions = NotificationFunctions(clock);
  // Known to the parser; each rendering has its own.
  functions["routeLabels"] = [](std::span<const Value>) -> Result<Value> { return Value(""); };
  templates::Template set(std::move(functions));
  for (const std::string& glob : globs) {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<std::string> paths, config::Glob(fs, glob));
    for (const std::string& path : paths) {
      TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path));
      TOCSIN_RETURN_IF_ERROR(set.Add(BaseName(path), text));
    }
  }
  return NotificationTemplates(std::move(set), std::move(external_url));
}

NotificationData NotificationTemplates::MakeData(const NotificationContext& context,
                                                 const AlertList& alerts) const {
  NotificationData data = MakeNotificationData(context, alerts, external_url_);
  if (context.route_labels.empty()) return data;
  NotificationData without_reason = data;
  without_reason.reason = NotificationReasonText(NotificationReason::kUnknown);
  const templates::Value dot = ToTemplateValue(without_reason);
  for (const auto& [name, text] : context.route_labels) {
    auto rendered = set_.ExecuteText(text, dot);
    data.route_labels.emplace_back(name, rendered ? *rendered : rendered.error().message());
  }
  return data;
}

Result<std::string> NotificationTemplates::Render(std::string_view text,
                                                  const NotificationData& data) const {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  const FunctionTable functions = RouteLabelFunctions(data);
  return set_.ExecuteText(text, ToTemplateValue(data), &functions);
}

Status NotificationTemplates::Check(std::string_view text) const {
  templates::Template copy = set_;
  return copy.Add("", text);
}

}  // namespace tocsin::alertmanager

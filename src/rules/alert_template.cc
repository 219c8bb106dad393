#include "rules/alert_template.h"

#include "rules/template_functions.h"

namespace tocsin::rules {
namespace {

// Variables that are easier to remember than Go's fields.
constexpr std::string_view kDefinitions =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}"
    "{{$value := .Value}}";

Result<templates::Template> Parse(const std::string& template_name, std::string_view text,
                                  const std::string& external_url) {
  return templates::Template::Parse(template_name, std::string(kDefinitions).append(text),
                                    MakeTemplateFunctions(external_url));
}

templates::Value LabelMap(const Labels& labels) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const LabelView label : labels) pairs.emplace_back(label.name, label.value);
  return templates::Value::StringMap(std::move(pairs));
}

std::string ExpansionError(const std::string& reason) {
  return "<error expanding template: " + reason + ">";
}

}  // namespace

AlertTemplates::AlertTemplates(const std::string& alert_name,
                               std::vector<std::pair<std::string, std::string>> texts,
                               const TemplateEnvironment& environment)
    : template_name_("__alert_" + alert_name) {
  for (auto& [name, text] : texts) {
    Entry entry{name, text, nullptr};
    if (text.find("{{") != std::string::npos) {
      auto parsed = Parse(template_name_, text, environment.external_url);
      if (parsed)
        entry.parsed = std::make_shared<const templates::Template>(*std::move(parsed));
      else
        entry.text = ExpansionError(
            fmt::format("error parsing template {}: {}", template_name_, parsed.error().message()));
    }
    entries_.push_back(std::move(entry));
  }
}

std::string AlertTemplates::ExpandEntry(const Entry& entry, const templates::Value& data,
                                        const templates::FunctionTable& moment) const {
  if (entry.parsed == nullptr) return entry.text;
  Result<std::string> text = entry.parsed->Execute(data, &moment);
  if (text) return *std::move(text);
  return ExpansionError(
      fmt::format("error executing template {}: {}", template_name_, text.error().message()));
}

templates::Value MakeAlertData(const Labels& labels, double value,
                               const TemplateEnvironment& environment) {
  return templates::Value(
      std::shared_ptr<const templates::Object>(std::make_shared<templates::Struct>(
          "struct",
          templates::Struct::FieldList{{"Labels", LabelMap(labels)},
                                       {"ExternalLabels", LabelMap(environment.external_labels)},
                                       {"ExternalURL", templates::Value(environment.external_url)},
                                       {"Value", templates::Value(value)}})));
}

Status CheckAlertTemplate(const std::string& alert_name, std::string_view text) {
  const auto parsed = Parse("__alert_" + alert_name, text, "");
  if (!parsed) return parsed.error();
  return {};
}

}  // namespace tocsin::rules

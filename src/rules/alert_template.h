#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "template/template.h"

namespace tocsin::rules {

/// What all templates of a process share.
struct TemplateEnvironment {
  std::string external_url;
  Labels external_labels;
};

/// The label or annotation texts of one alerting rule, parsed once. Immutable; thread-safe.
class AlertTemplates {
 public:
  /// Texts that do not parse expand to their error, as upstream's do; CheckAlertTemplate refuses
  /// them when a file is loaded.
  AlertTemplates(const std::string& alert_name,
                 std::vector<std::pair<std::string, std::string>> texts,
                 const TemplateEnvironment& environment);

  /// Calls `visit(name, text)` for each, in order, expanded for a series; `moment` holds query and
  /// now.
  template <typename Visit>
  void Expand(const templates::Value& data, const templates::FunctionTable& moment,
              Visit visit) const {
    for (const Entry& entry : entries_) visit(entry.name, ExpandEntry(entry, data, moment));
  }

  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string name;
    std::string text;                                   // The result when there is no template.
    std::shared_ptr<const templates::Template> parsed;  // Null for plain text. Shared by copies.
  };
  std::string ExpandEntry(const Entry& entry, const templates::Value& data,
                          const templates::FunctionTable& moment) const;

  std::string template_name_;
  std::vector<Entry> entries_;
};

/// What templates see of one series: $labels, $value and the external facts.
templates::Value MakeAlertData(const Labels& labels, double value,
                               const TemplateEnvironment& environment);

/// Whether `text` parses as a template of alert `alert_name`; the error is Go's.
Status CheckAlertTemplate(const std::string& alert_name, std::string_view text);

}  // namespace tocsin::rules

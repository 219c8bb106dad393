#pragma once

#include <string>
#include <vector>

#include "alertmanager/template_data.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/result.h"
#include "template/template.h"

namespace tocsin::alertmanager {

/// The templates of a configuration and what they are rendered with. Immutable; thread-safe.
class NotificationTemplates {
 public:
  /// Reads the files that `globs` match; one that matches nothing is fine. Errors name the file, or
  /// are the template engine's. Keeps a reference to `clock`.
  static Result<NotificationTemplates> Load(Fs& fs, const Clock& clock,
                                            const std::vector<std::string>& globs,
                                            std::string external_url);

  /// The data of a notification, with its route labels rendered. A label whose template fails is
  /// the error's text, so that a page is still sent.
  NotificationData MakeData(const NotificationContext& context, const AlertList& alerts) const;

  /// Renders `text`, a template or not, with `data` as dot.
  Result<std::string> Render(std::string_view text, const NotificationData& data) const;

  /// kInvalidArgument when `text` does not parse.
  Status Check(std::string_view text) const;

  const std::string& external_url() const { return external_url_; }

 private:
  NotificationTemplates(templates::Template set, std::string external_url)
      : set_(std::move(set)), external_url_(std::move(external_url)) {}

  templates::Template set_;
  std::string external_url_;
};

}  // namespace tocsin::alertmanager

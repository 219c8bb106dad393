// What templates see of a notification, and the functions they have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "alertmanager/harness.h"
#include "alertmanager/notification_templates.h"

namespace tocsin::alertmanager {
namespace {

class TemplatesTest : public testing::Test {
 protected:
  TemplatesTest() {
    alerts_ = {Make("alertname=Disk,instance=a,zone=1", true),
               Make("alertname=Disk,instance=b", false)};
    context_.receiver = "team.db";
    context_.group_labels = ParseLabels("alertname=Disk");
    context_.reason = NotificationReason::kNewAlerts;
    context_.route_labels = {{"team", "{{ .Receiver }}"}};
  }
  static AlertPtr Make(const char* labels, bool is_firing) {
    StoredAlert alert;
    alert.labels = ParseLabels(labels);
    alert.annotations = ParseLabels("summary=full");
    alert.starts_at_ns = kStartMs * 1'000'000;
    alert.ends_at_ns = is_firing ? 0 : (kStartMs + kMinute) * 1'000'000;
    alert.Finish();
    return std::make_shared<const StoredAlert>(std::move(alert));
  }
  std::string Render(std::string_view text) {
    const auto templates = NotificationTemplates::Load(fs_, clock_, globs_, "http://am");
    if (!templates) return "ERROR " + templates.error().message();
    const auto text_or = templates->Render(text, templates->MakeData(context_, alerts_));
    return text_or ? *text_or : "ERROR " + text_or.error().message();
  }

  PosixFs fs_;
  ManualClock clock_{kStartMs + 90'000};
  std::vector<std::string> globs_;
  NotificationContext context_;
  AlertList alerts_;
};

struct TemplateCase {
  const char* text;
  const char* want;
};

TEST_F(TemplatesTest, TableOfDataAndFunctions) {
  const TemplateCase cases[] = {
      {"{{ .Receiver }} {{ .Status }} {{ .ExternalURL }}", "team\\.db firing http://am"},
      {"{{ .NotificationReason }}", "new alerts added"},
      {"{{ len .Alerts }} {{ len .Alerts.Firing }} {{ len .Alerts.Resolved }}", "2 1 1"},
      {"{{ range .Alerts }}{{ .Labels.instance }}={{ .Status }} {{ end }}", "a=firing b=resolved "},
      {"{{ (index .Alerts 0).Labels.missing }}|", "|"},
      {"{{ .GroupLabels.SortedPairs.Values | join \" \" }}", "Disk"},
      {"{{ (index .Alerts 0).Labels.SortedPairs.Names | join \",\" }}", "alertname,instance,zone"},
      {"{{ (index .Alerts 0).Labels }}", "alertname=Disk, instance=a, zone=1"},
      {"{{ (index .Alerts 0).Labels.Remove (stringSlice \"zone\" \"alertname\") }}", "instance=a"},
      {"{{ (index .Alerts 0).Labels.Remove .GroupLabels.Names }}", "instance=a, zone=1"},
      {"{{ range .CommonLabels.SortedPairs }}{{ .Name }}:{{ .Value }}{{ end }}", "alertname:Disk"},
      {"{{ .CommonAnnotations.summary }}", "full"},
      {"{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }}{{ end }}", "alertname=Disk"},
      {"{{ .RouteLabels.team }} {{ routeLabels \"team\" }}", "team\\.db team\\.db"},
      {"{{ (index .Alerts 0).StartsAt }}", "2024-01-15 12:00:00 +0000 UTC"},
      {"{{ (index .Alerts 0).EndsAt.IsZero }}", "true"},
      {"{{ (index .Alerts 1).EndsAt.Format \"15:04\" }}", "12:01"},
      {"{{ (index .Alerts 0).StartsAt | tz \"Europe/Paris\" | date \"15:04 MST\" }}", "13:00 CET"},
      {"{{ since (index .Alerts 0).StartsAt }} {{ now.Unix }}", "1m30s 1705320090"},
      {"{{ since (index .Alerts 0).StartsAt | humanizeDuration }}", "1m 30s"},
      {"{{ humanizeDuration 0.0015 }} {{ humanizeDuration 93784 }} {{ humanizeDuration \"5\" }}",
       "1.5ms 1d 2h 3m 4s 5s"},
      {"{{ toUpper \"aB\" }}{{ toLower \"aB\" }} {{ title \"hello wORLD\" }} {{ trimSpace \" x \" "
       "}}",
       "ABab Hello World x"},
      {"{{ match \"^a.\" \"xab\" }} {{ match \"a.\" \"xab\" }} {{ reReplaceAll \"(a)b\" \"${1}c\" "
       "\"abab\" }}",
       "false true acac"},
      {"{{ toJson .CommonLabels }} {{ toJson (list 1 \"a\" true) }} {{ toJson (dict \"k\" 1.5) }}",
       "{\"alertname\":\"Disk\"} [1,\"a\",true] {\"k\":1.5}"},
      {"{{ base64encode \"a?>b~\" }} {{ base64decode \"YT8-Yn4=\" }}", "YT8-Yn4= a?>b~"},
      {"{{ urlUnescape \"a%20b+c\" }} {{ safeUrl \"x\" }} {{ safeHtml \"<b>\" }}", "a b c x <b>"},
      {"{{ range append (list 1 2) 3 }}{{ . }}{{ end }}", "123"},
      {"{{ .Nope }}",
       "ERROR template: :1:3: executing \"\" at <.Nope>: can't evaluate field Nope in type "
       "*template.Data"},
      {"{{ toUpper }}",
       "ERROR template: :1:3: executing \"\" at <toUpper>: wrong number of args for toUpper: want "
       "1 got 0"},
      {"no template", "no template"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(Render(text), want) << text;
}

TEST_F(TemplatesTest, FilesOfTheGlobsDefineTemplates) {
  TempDirectory directory;
  std::ofstream(directory.path() + "/a.tmpl") << "{{ define \"x\" }}first{{ end }}";
  std::ofstream(directory.path() + "/b.tmpl") << "{{ define \"x\" }}second{{ end }}";
  globs_ = {directory.path() + "/*.tmpl", directory.path() + "/nothing/*"};
  EXPECT_EQ(Render("{{ template \"x\" }}"), "second");
  std::ofstream(directory.path() + "/c.tmpl") << "{{ define ";
  EXPECT_EQ(Render("x"), "ERROR template: c.tmpl:1: unclosed action");
}

}  // namespace
}  // namespace tocsin::alertmanager

#include "alertmanager/harness.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/json_writer.h"
#include "config/alertmanager_config.h"
#include "http/router.h"
#include "http/url.h"
#include "model/duration.h"

namespace tocsin::alertmanager {

TempDirectory::TempDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "alertmanager-XXXXXX").string();
  path_ = mkdtemp(path.data());
}

TempDirectory::~TempDirectory() { std::filesystem::remove_all(path_); }

http::Client::RequestId FakeClient::Start(http::ClientRequest request, Callback done) {
  sent.push_back({clock_.NowMs() - kStartMs, request});
  if (answer) {
    done(answer(request));
  } else {
    waiting_.push_back(std::move(done));
  }
  return sent.size();
}

void FakeClient::Release(int status) {
  ASSERT_FALSE(waiting_.empty());
  Callback done = std::move(waiting_.front());
  waiting_.pop_front();
  http::ClientResponse response;
  response.status = status;
  done(std::move(response));
}

Harness::Harness(std::string config, AlertmanagerOptions options)
    : config_(std::move(config)), options_(std::move(options)) {
  client.AnswerWith(200);
  options_.storage_path = directory.path() + "/data";
  options_.stop_grace_ms = 0;
  if (!options_.random) options_.random = [] { return 0.5; };
  Start();
}

Harness::~Harness() {
  if (alertmanager) alertmanager->Stop();
}

void Harness::Start() {
  registry = std::make_unique<telemetry::Registry>();
  auto config = config::ParseAlertmanagerConfig(config_, directory.path() + "/alertmanager.yml");
  if (!config) {
    ADD_FAILURE() << config.error().message();
    return;
  }
  const AlertmanagerDependencies dependencies{
      clock,
      timers,
      client,
      *fs,
      logger,
      *registry,
      [](const config::HttpClientConfig&) -> Result<http::ClientOptions> {
        return http::ClientOptions();
      },
      [this](const std::string& line) { lines.push_back(line); }};
  auto made = Alertmanager::Make(dependencies, options_, *std::move(config));
  if (!made) {
    ADD_FAILURE() << made.error().message();
    return;
  }
  alertmanager = *std::move(made);
}

Status Harness::Reload(const std::string& text) {
  TOCSIN_ASSIGN_OR_RETURN(
      config::AlertmanagerConfig config,
      config::ParseAlertmanagerConfig(text, directory.path() + "/alertmanager.yml"));
  return alertmanager->ApplyConfig(std::move(config));
}

void Harness::KillAndRestart() {
  // A copy of the directory as it is now is what a killed process leaves behind; the object itself
  // must not reach it any more.
  const std::string left_behind = options_.storage_path;
  const std::string next = fmt::format("{}/data-{}", directory.path(), clock.NowMs());
  std::filesystem::copy(left_behind, next, std::filesystem::copy_options::recursive);
  alertmanager->Stop();
  alertmanager.reset();
  options_.storage_path = next;
  Start();
}

void Harness::StopAndRestart() {
  if (alertmanager) alertmanager->Stop();
  alertmanager.reset();
  Start();
}

Labels ParseLabels(std::string_view text) {
  LabelsBuilder builder;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    const size_t equals = pair.find('=');
    builder.Set(pair.substr(0, equals), pair.substr(equals + 1));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return builder.Build();
}

void Harness::Fire(std::string_view labels, int64_t lifetime_ms, std::string_view annotations) {
  Alert alert;
  alert.labels = ParseLabels(labels);
  alert.annotations = ParseLabels(annotations);
  alert.starts_at_ns = clock.NowNs();
  alert.ends_at_ns = clock.NowNs() + lifetime_ms * 1'000'000;
  alert.generator_url = "http://prometheus/graph";
  Post(alert);
}

void Harness::Resolve(std::string_view labels) {
  Alert alert;
  alert.labels = ParseLabels(labels);
  // As a rule sends it: it began earlier.
  alert.starts_at_ns = clock.NowNs() - 1'000'000;
  alert.ends_at_ns = clock.NowNs();
  Post(alert);
}

void Harness::Post(const Alert& alert) {
  const auto status = alertmanager->PostAlerts(std::span(&alert, 1));
  EXPECT_TRUE(status) << status.error().message();
}

std::vector<Page> Harness::TakePages() {
  std::vector<Page> pages;
  for (; taken_ < client.sent.size(); ++taken_) {
    const SentRequest& sent = client.sent[taken_];
    Page page;
    page.at_ms = sent.at_ms;
    auto body = ParseJson(sent.request.body);
    EXPECT_TRUE(body) << sent.request.body;
    if (!body) continue;
    page.status = body->FindString("status");
    page.reason = body->FindString("notification_reason");
    page.group_key = body->FindString("groupKey");
    for (const JsonValue& alert : *body->Find("alerts")->AsArray()) {
      page.alerts.push_back(fmt::format("{}:{}", alert.Find("labels")->FindString("alertname"),
                                        alert.FindString("status")));
    }
    page.body = *std::move(body);
    pages.push_back(std::move(page));
  }
  return pages;
}

std::vector<std::string> Harness::TakeTimeline() {
  std::vector<std::string> timeline;
  for (const Page& page : TakePages()) {
    std::string alerts;
    for (const std::string& alert : page.alerts) alerts += (alerts.empty() ? "" : " ") + alert;
    timeline.push_back(fmt::format("{} {} {} [{}]", FormatDurationMs(page.at_ms), page.status,
                                   page.reason, alerts));
  }
  return timeline;
}

http::Response Harness::Call(const std::string& method, const std::string& path_and_query,
                             const std::string& body) {
  http::Router router;
  alertmanager->AddRoutes(router, "", [] { return Status(); });
  http::Request request;
  request.method = method;
  const size_t question = path_and_query.find('?');
  request.path = path_and_query.substr(0, question);
  request.raw_path = request.path;
  if (question != std::string::npos) {
    request.raw_query = path_and_query.substr(question + 1);
    EXPECT_TRUE(http::DecodeForm(request.raw_query, request.parameters));
  }
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  http::Response response;
  router.Dispatch(request, response);
  return response;
}

JsonValue Harness::CallJson(const std::string& method, const std::string& path_and_query,
                            const std::string& body) {
  const http::Response response = Call(method, path_and_query, body);
  EXPECT_EQ(response.status, 200) << response.body;
  auto json = ParseJson(response.body);
  EXPECT_TRUE(json) << response.body;
  return json ? *std::move(json) : JsonValue();
}

std::string Harness::Silence(const std::string& name, const std::string& value,
                             int64_t duration_ms) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  json.Key("matchers");
  json.BeginArray();
  json.BeginObject();
  json.KeyString("name", name);
  json.KeyString("value", value);
  json.KeyBool("isRegex", false);
  json.EndObject();
  json.EndArray();
  json.KeyString("startsAt", FormatRfc3339Nano(clock.NowNs()));
  json.KeyString("endsAt", FormatRfc3339Nano(clock.NowNs() + duration_ms * 1'000'000));
  json.KeyString("createdBy", "test");
  json.KeyString("comment", "quiet");
  json.EndObject();
  return std::string(CallJson("POST", "/api/v2/silences", body).FindString("silenceID"));
}

double Harness::metric(const std::string& series) {
  const std::string text = metrics();
  const size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) {
    ADD_FAILURE() << "no metric " << series;
    return -1;
  }
  return std::stod(text.substr(at + series.size() + 2));
}

std::string BasicConfig(const std::string& route_extra, const std::string& extra) {
  return "route:\n"
         "  receiver: web\n"
         "  group_by: [alertname]\n" +
         route_extra +
         "receivers:\n"
         "- name: web\n"
         "  webhook_configs:\n"
         "  - url: http://receiver/hook\n" +
         extra;
}

}  // namespace tocsin::alertmanager

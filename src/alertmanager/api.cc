#include "alertmanager/api.h"

#include <utility>

#include "alertmanager/api_alert_view.h"
#include "alertmanager/api_errors.h"
#include "alertmanager/timestamp_text.h"

namespace tocsin::alertmanager {

namespace {

using ApiHandler = void (*)(Core&, const http::Request&, http::Response&);

// What every answer of the API carries. Browsers of any origin may read it.
void SetCommonHeaders(const http::Request& request, http::Response& response) {
  response.SetHeader("Cache-Control", "no-store");
  response.SetHeader("Vary", "Origin");
  if (!request.Header("Origin").empty()) response.SetHeader("Access-Control-Allow-Origin", "*");
}

http::Handler ForApi(Core& core, ApiHandler handler) {
  return [&core, handler](http::Request& request, http::Response& response) {
    SetCommonHeaders(request, response);
    handler(core, request, response);
  };
}

/// Refuses what a known path does not take: preflights are answered, other methods are 405.
http::Handler OtherMethods(std::string allowed) {
  return [allowed = std::move(allowed)](http::Request& request, http::Response& response) {
    SetCommonHeaders(request, response);
    if (request.method == "OPTIONS" && !request.Header("Access-Control-Request-Method").empty()) {
      response.status = 204;
      response.SetHeader("Access-Control-Allow-Methods",
                         request.Header("Access-Control-Request-Method"));
      const std::string_view headers = request.Header("Access-Control-Request-Headers");
      if (!headers.empty()) response.SetHeader("Access-Control-Allow-Headers", headers);
      return;
    }
    response.SetHeader("Allow", allowed);
    SendRefusal(
        {405, fmt::format("method {} is not allowed, but [{}] are", request.method, allowed)},
        response);
  };
}

void UnknownPath(http::Request& request, http::Response& response) {
  SetCommonHeaders(request, response);
  SendRefusal({404, fmt::format("path {} was not found", request.path)}, response);
}

void Deprecated(http::Request&, http::Response& response) {
  response.SetJson(410,
                   R"({"status":"deprecated","error":"The Alertmanager v1 API was deprecated in )"
                   R"(version 0.16.0 and is removed as of version 0.28.0 - please use the )"
                   R"(equivalent route in the v2 API"})"
                   "\n");
}

void Reload(const std::function<Status()>& reload, http::Response& response) {
  if (!reload) {
    response.SetText(403, "Lifecycle API is not enabled.\n");
    return;
  }
  if (auto status = reload(); !status) {
    response.SetText(500, "failed to reload config: " + status.error().message() + "\n");
  }
}

void AddManagementRoutes(http::Router& router, const std::string& prefix, Core& core,
                         std::function<Status()> reload) {
  const auto ok = [](http::Request&, http::Response& response) { response.SetText(200, "OK"); };
  router.Handle("GET", prefix + "/-/healthy", ok);
  router.Handle("GET", prefix + "/-/ready", ok);
  router.Handle("POST", prefix + "/-/reload",
                [reload = std::move(reload)](http::Request&, http::Response& response) {
                  Reload(reload, response);
                });
  router.Handle("GET", prefix + "/metrics", [&core](http::Request&, http::Response& response) {
    response.SetText(200, core.dependencies.registry.Expose());
    response.SetHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace

void GetStatus(Core& core, const http::Request&, http::Response& response) {
  const VersionInfo& version = core.options.version;
  std::string out;
  JsonWriter json(out, JsonWriter::Escape::kPlain);
  json.BeginObject();
  json.Key("cluster");
  json.Raw(R"({"peers":[],"status":"disabled"})");
  json.Key("config");
  json.BeginObject();
  json.KeyString("original", config::FormatAlertmanagerConfig(core.running()->config));
  json.EndObject();
  json.KeyString("uptime", FormatTimestampMilli({core.started_at_ns, 0}));
  json.Key("versionInfo");
  json.BeginObject();
  json.KeyString("branch", version.branch);
  json.KeyString("buildDate", version.build_date);
  json.KeyString("buildUser", version.build_user);
  json.KeyString("goVersion", version.go_version);
  json.KeyString("revision", version.revision);
  json.KeyString("version", version.version);
  json.EndObject();
  json.EndObject();
  SendJson(std::move(out), response);
}

void GetReceivers(Core& core, const http::Request& request, http::Response& response) {
  const auto matchers = ReadMatchers(core, request, "receiver_matchers", response);
  if (!matchers) return;
  const auto running = core.running();
  std::string out;
  JsonWriter json(out, JsonWriter::Escape::kPlain);
  json.BeginArray();
  for (const config::ReceiverConfig& receiver : running->config.receivers) {
    if (!MatchesReceiver(*matchers, receiver)) continue;
    json.BeginObject();
    if (!receiver.labels.empty()) {
      json.Key("labels");
      json.BeginObject();
      for (const auto& [name, value] : receiver.labels) json.KeyString(name, value);
      json.EndObject();
    }
    json.KeyString("name", receiver.name);
    json.EndObject();
  }
  json.EndArray();
  SendJson(std::move(out), response);
}

void AddApiRoutes(http::Router& router, const std::string& prefix, Core& core,
                  std::function<Status()> reload) {
  struct Endpoint {
    const char* path;
    ApiHandler get, post, remove;
    const char* allowed;
  };
  static constexpr Endpoint kEndpoints[] = {
      {"/status", GetStatus, nullptr, nullptr, "GET"},
      {"/receivers", GetReceivers, nullptr, nullptr, "GET"},
      {"/alerts", GetAlerts, PostAlerts, nullptr, "GET,POST"},
      {"/alerts/groups", GetAlertGroups, nullptr, nullptr, "GET"},
      {"/silences", GetSilences, PostSilences, nullptr, "GET,POST"},
      {"/silence/{silenceID}", GetSilence, nullptr, DeleteSilence, "DELETE,GET"},
  };
  for (const Endpoint& endpoint : kEndpoints) {
    const std::string path = prefix + "/api/v2" + endpoint.path;
    router.Handle("GET", path, ForApi(core, endpoint.get));
    if (endpoint.post != nullptr) router.Handle("POST", path, ForApi(core, endpoint.post));
    if (endpoint.remove != nullptr) router.Handle("DELETE", path, ForApi(core, endpoint.remove));
    router.Handle("*", path, OtherMethods(endpoint.allowed));
  }
  router.Handle("*", prefix + "/api/v2/{rest...}", UnknownPath);
  router.Handle("*", prefix + "/api/v1/{rest...}", Deprecated);
  AddManagementRoutes(router, prefix, core, std::move(reload));
}

}  // namespace tocsin::alertmanager

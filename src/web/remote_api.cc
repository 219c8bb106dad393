#include "web/remote_api.h"

#include <string>

namespace tocsin::web {
namespace {

void AnswerWrite(remote::WriteReceiver& receiver, const http::Request& request,
                 http::Response& response) {
  remote::WriteAnswer answer = receiver.Receive(request.Header("Content-Type"),
                                                request.Header("Content-Encoding"), request.body);
  if (answer.status != 415) {  // Refused before anybody looked at the message.
    const remote::WrittenCounts& written = answer.written;
    const auto set = [&](const char* name, uint64_t count) {
      response.SetHeader(name, std::to_string(count));
    };
    set("X-Prometheus-Remote-Write-Samples-Written", written.samples);
    set("X-Prometheus-Remote-Write-Histograms-Written", written.histograms);
    set("X-Prometheus-Remote-Write-Exemplars-Written", written.exemplars);
  }
  if (answer.text.empty()) {
    response.status = answer.status;
  } else {
    response.SetHeader("X-Content-Type-Options", "nosniff");
    response.SetText(answer.status, std::move(answer.text));
  }
}

void AnswerRead(remote::ReadServer& server, const http::Request& request,
                http::Response& response) {
  remote::ReadAnswer answer = server.Answer(request.body, request.cancel);
  response.status = answer.status;
  response.SetHeader("Content-Type", answer.content_type);
  if (!answer.content_encoding.empty()) {
    response.SetHeader("Content-Encoding", answer.content_encoding);
  }
  response.body = std::move(answer.body);
  response.stream = std::move(answer.stream);
}

}  // namespace

void AddRemoteRoutes(ApiRoutes& routes, RemoteApiDependencies dependencies) {
  routes.HandleRaw("POST", "/write", [dependencies](http::Request& request, http::Response& out) {
    if (dependencies.writes != nullptr) return AnswerWrite(*dependencies.writes, request, out);
    out.SetText(404,
                "remote write receiver needs to be enabled with "
                "--web.enable-remote-write-receiver\n");
  });
  routes.HandleRaw("POST", "/read", [dependencies](http::Request& request, http::Response& out) {
    if (dependencies.reads != nullptr) return AnswerRead(*dependencies.reads, request, out);
    out.SetText(404, "404 page not found\n");
  });
  routes.HandleRaw("POST", "/otlp/v1/metrics", [](http::Request&, http::Response& out) {
    out.SetText(404, "otlp write receiver needs to be enabled with --web.enable-otlp-receiver\n");
  });
}

}  // namespace tocsin::web

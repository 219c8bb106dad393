#include "http/server_fixture.h"

namespace tocsin::http {
namespace {

void Echo(Request& request, Response& response) {
  std::string text = request.method + " " + request.path + "\n";
  for (const auto& [name, value] : request.parameters) text += name + "=" + value + "\n";
  response.SetText(200, text + std::to_string(request.body.size()));
}

void StreamPieces(Request&, Response& response) {
  response.SetHeader("Content-Type", "text/plain");
  response.stream = [left = 3](std::string& piece) mutable {
    piece = "piece " + std::to_string(left) + "\n";
    return --left > 0;
  };
}

}  // namespace

ServerOptions ServerTest::Options() {
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.worker_count = 2;
  options.server_name = "test";
  return options;
}

std::shared_ptr<Router> ServerTest::Routes() {
  auto router = std::make_shared<Router>();
  router->Handle("GET", "/hello",
                 [](Request&, Response& response) { response.SetText(200, "hello"); });
  router->Handle("*", "/echo", Echo);
  router->Handle("GET", "/label/{name}", [](Request& request, Response& response) {
    response.SetText(200, std::string(request.PathParameter("name")));
  });
  router->Handle("GET", "/stream", StreamPieces);
  router->Handle("GET", "/large", [](Request&, Response& response) {
    response.SetText(200, std::string(100'000, 'x'));
  });
  router->Handle("GET", "/nothing", [](Request&, Response& response) { response.status = 204; });
  return router;
}

void ServerTest::Start(const ServerOptions& options, std::shared_ptr<const Router> router) {
  const Status status = server_->Start(options, std::move(router));
  ASSERT_TRUE(status) << status.error().message();
}

}  // namespace tocsin::http

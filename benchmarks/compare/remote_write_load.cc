// Sends prepared remote-write requests over kept connections: SERIES series in requests of 2000,
// SCRAPES samples each, beginning with scrape FIRST; each connection has its own share of the
// series.
//
//   remote_write_load PORT PATH CONNECTIONS SERIES FIRST SCRAPES VERSION
//
// Prints "SAMPLES SECONDS" or fails with the answer that was no success.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "remote_write_requests.h"

namespace {

using tocsin::benchmarks::RequestMaker;

constexpr int kSeriesPerRequest = 2000;

[[noreturn]] void Fail(const std::string& why) {
  fmt::print(stderr, "remote_write_load: {}\n", why);
  std::exit(1);
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    Fail("no connection");
  return fd;
}

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) Fail("the connection broke");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Expect2xx(int fd) {
  std::string answer;
  char buffer[4096];
  while (answer.find("\r\n\r\n") == std::string::npos) {
    const ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
    if (size <= 0) Fail("the connection broke: " + answer);
    answer.append(buffer, static_cast<size_t>(size));
  }
  if (answer.compare(9, 1, "2") != 0) Fail(answer);
}

struct Load {
  uint16_t port;
  std::string path;
  int series;
  int64_t first_scrape;
  int64_t scrapes;
  bool is_v2;
};

void Run(const Load& load, int first_series) {
  std::vector<RequestMaker> makers;
  for (int first = first_series; first < first_series + load.series; first += kSeriesPerRequest) {
    makers.emplace_back(first, std::min(kSeriesPerRequest, first_series + load.series - first));
  }
  const std::string head = fmt::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: snappy\r\nContent-Type: "
      "application/x-protobuf{}\r\nX-Prometheus-Remote-Write-Version: {}\r\nContent-Length: ",
      load.path, load.is_v2 ? ";proto=io.prometheus.write.v2.Request" : "",
      load.is_v2 ? "2.0.0" : "0.1.0");
  const int fd = Connect(load.port);
  for (int64_t i = 0; i < load.scrapes; ++i) {
    for (RequestMaker& maker : makers) {
      const int64_t scrape = load.first_scrape + i;
      const std::string body = load.is_v2 ? maker.MakeV2(scrape) : maker.MakeV1(scrape);
      SendAll(fd, head + std::to_string(body.size()) + "\r\n\r\n" + body);
      Expect2xx(fd);
    }
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) Fail("want PORT PATH CONNECTIONS SERIES FIRST SCRAPES VERSION");
  const int connections = std::atoi(argv[3]);
  const Load load{static_cast<uint16_t>(std::atoi(argv[1])),
                  argv[2],
                  std::atoi(argv[4]) / connections,
                  std::atoll(argv[5]),
                  std::atoll(argv[6]),
                  std::string_view(argv[7]) == "2"};
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < connections; ++i) {
      threads.emplace_back([&load, i] { Run(load, i * load.series); });
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  fmt::print("{} {:.3f}\n", connections * load.series * load.scrapes, elapsed.count());
  return 0;
}

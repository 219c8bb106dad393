// What connections, requests and scrapes cost. Prints figures; asserts nothing.
//   http_benchmark [seconds per part]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/client.h"
#include "http/file_descriptor.h"
#include "http/server.h"

using namespace tocsin;
using namespace tocsin::http;

namespace {

constexpr int kIdleConnections = 500;
constexpr int kClients = 16;
constexpr size_t kPageBytes = 110'000;

/// Keeps a connection and asks for /cheap: as little of the machine as a client can take.
class CheapClient {
 public:
  explicit CheapClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      std::abort();
  }
  void Ask() {
    constexpr std::string_view kRequest = "GET /cheap HTTP/1.1\r\nHost: x\r\n\r\n";
    if (send(fd_.get(), kRequest.data(), kRequest.size(), 0) < 0) std::abort();
    std::string answer;
    while (!answer.ends_with("cheap\n")) {
      char buffer[4096];
      const ssize_t count = recv(fd_.get(), buffer, sizeof buffer, 0);
      if (count <= 0) std::abort();
      answer.append(buffer, static_cast<size_t>(count));
    }
  }

 private:
  FileDescriptor fd_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long ThreadCount() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

std::shared_ptr<const Router> Routes() {
  auto router = std::make_shared<Router>();
  router->Handle("GET", "/cheap",
                 [](Request&, Response& response) { response.SetText(200, "cheap\n"); });
  std::string page;
  for (int i = 0; page.size() < kPageBytes; ++i) {
    page += "node_cpu_seconds_total{cpu=\"" + std::to_string(i % 64) + "\",mode=\"idle\"} " +
            std::to_string(i * 7919 % 100'003) + ".25\n";
  }
  page.resize(kPageBytes);
  router->Handle("GET", "/metrics",
                 [page](Request&, Response& response) { response.SetText(200, page); });
  return router;
}

std::unique_ptr<Server> StartServer(const Clock& clock, Logger& logger) {
  auto server = MakeServer(clock, logger);
  ServerOptions options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.max_connections = 4096;
  if (!server->Start(options, Routes())) std::abort();
  return server;
}

void MeasureIdle(uint16_t port, int seconds) {
  std::vector<CheapClient> idle;
  const long threads_before = ThreadCount();
  for (int i = 0; i < kIdleConnections; ++i) {
    idle.emplace_back(port);
    idle.back().Ask();
  }
  const double cpu_before = CpuSeconds();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const double cpu = CpuSeconds() - cpu_before;
  std::printf("%d idle connections: %ld threads more, %.2f %% of a core\n", kIdleConnections,
              ThreadCount() - threads_before, 100 * cpu / seconds);

  std::vector<std::vector<double>> latencies_us(kClients);
  {
    std::vector<std::jthread> clients;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&latencies = latencies_us[static_cast<size_t>(i)], port, end] {
        CheapClient client(port);
        for (auto now = std::chrono::steady_clock::now(); now < end;) {
          client.Ask();
          const auto after = std::chrono::steady_clock::now();
          latencies.push_back(std::chrono::duration<double, std::micro>(after - now).count());
          now = after;
        }
      });
    }
  }
  std::vector<double> all;
  for (const auto& part : latencies_us) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  const auto quantile = [&](double q) {
    return all[static_cast<size_t>(q * static_cast<double>(all.size() - 1))];
  };
  std::printf("beside them %d clients: %.0f answers/s, p50 %.0f us, p99 %.0f us, max %.0f us\n",
              kClients, static_cast<double>(all.size()) / seconds, quantile(0.5), quantile(0.99),
              quantile(1));
}

/// Scrapes `port` with `concurrency` requests under way; the server is another process, so that the
/// CPU counted is the client's.
void MeasureScrapes(uint16_t port, int concurrency, int scrapes, bool accept_gzip) {
  const auto options = std::make_shared<const ClientOptions>();
  std::atomic<int> left = scrapes;
  std::latch finished(concurrency);
  std::function<void(std::string)> next;
  const auto client = MakeCurlClient("benchmark");  // Last: its thread uses the others.
  next = [&](std::string buffer) {
    if (left-- <= 0) return finished.count_down();
    ClientRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(port) + "/metrics";
    request.options = options;
    request.body_buffer = std::move(buffer);
    request.accept_gzip = accept_gzip;
    client->Start(std::move(request), [&](Result<ClientResponse> response) {
      if (!response || response->body.size() != kPageBytes) std::abort();
      next(std::move(response->body));
    });
  };
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < concurrency; ++i) next({});
  finished.wait();
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  const auto spent_us = [&](timeval rusage::*field) {
    const double seconds = static_cast<double>((after.*field).tv_sec - (before.*field).tv_sec);
    return (seconds * 1e6 + static_cast<double>((after.*field).tv_usec - (before.*field).tv_usec)) /
           scrapes;
  };
  std::printf(
      "client, %d at once%s: %.0f scrapes/s of %zu bytes, user %.1f us, kernel %.1f us each\n",
      concurrency, accept_gzip ? ", gzip" : "", scrapes / elapsed, kPageBytes,
      spent_us(&rusage::ru_utime), spent_us(&rusage::ru_stime));
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 3;
  SystemClock clock;
  NullLogger logger;
  int ports[2];
  if (pipe(ports) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto server = StartServer(clock, logger);
    const uint16_t port = server->ports()[0];
    if (write(ports[1], &port, sizeof port) != sizeof port) return 1;
    pause();
    return 0;
  }
  uint16_t page_port = 0;
  if (read(ports[0], &page_port, sizeof page_port) != sizeof page_port) return 1;
  for (const int concurrency : {1, 8, 64}) {
    MeasureScrapes(page_port, concurrency, seconds * 5'000, false);
  }
  MeasureScrapes(page_port, 8, seconds * 1'000, true);
  kill(child, SIGTERM);
  waitpid(child, nullptr, 0);

  const auto server = StartServer(clock, logger);
  MeasureIdle(server->ports()[0], seconds);
  return 0;
}

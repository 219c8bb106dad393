#include "tsdb_wal/prometheus_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

namespace tocsin::tsdb {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(listener);
  return ntohs(address.sin_port);
}

std::string ReadText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string PercentEncoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

}  // namespace

void PauseBetweenLooks() { ::poll(nullptr, 0, 100); }

bool PrometheusProcess::IsInstalled() { return ::access(kBinary, X_OK) == 0; }

PrometheusProcess::PrometheusProcess(const std::string& directory, std::string scrape_configs)
    : directory_(directory), port_(FreePort()) {
  const std::string port = std::to_string(port_);
  if (const size_t at = scrape_configs.find("PORT"); at != std::string::npos) {
    scrape_configs.replace(at, 4, port);
  }
  std::ofstream(directory + "/prometheus.yml") << scrape_configs;
  const std::string config = "--config.file=" + directory + "/prometheus.yml";
  const std::string storage = "--storage.tsdb.path=" + directory + "/data";
  const std::string address = "--web.listen-address=127.0.0.1:" + port;
  const std::string log = directory + "/prometheus.log";
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execl(kBinary, kBinary, config.c_str(), storage.c_str(), address.c_str(), nullptr);
  ::_exit(127);
}

PrometheusProcess::~PrometheusProcess() { Stop(SIGKILL); }

void PrometheusProcess::Stop(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool PrometheusProcess::WaitUntilReady() {
  constexpr int kLooks = 300;
  for (int i = 0; i < kLooks; ++i) {
    const std::optional<std::string> answer = Get("/-/ready");
    if (answer && answer->find("Ready") != std::string::npos) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    PauseBetweenLooks();
  }
  return false;
}

std::optional<std::string> PrometheusProcess::Get(const std::string& path) const {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port_);
  std::optional<std::string> answer;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    (void)!::write(connection, request.data(), request.size());
    answer.emplace();
    std::array<char, 4096> bytes;
    for (ssize_t count; (count = ::read(connection, bytes.data(), bytes.size())) > 0;) {
      answer->append(bytes.data(), static_cast<size_t>(count));
    }
    const size_t body = answer->find("\r\n\r\n");
    answer->erase(0, body == std::string::npos ? 0 : body + 4);
  }
  ::close(connection);
  return answer;
}

std::string PrometheusProcess::Query(const std::string& expression, double time_seconds) const {
  return Get(fmt::format("/api/v1/query?query={}&time={}", PercentEncoded(expression),
                         time_seconds))
      .value_or("no answer");
}

std::string PrometheusProcess::Log() const { return ReadText(directory_ + "/prometheus.log"); }

}  // namespace tocsin::tsdb

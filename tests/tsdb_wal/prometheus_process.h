#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tocsin::tsdb {

/// Debian's Prometheus on a free loopback port, with a data directory of ours. Ends with its
/// object.
class PrometheusProcess {
 public:
  static constexpr char kBinary[] = "/usr/bin/prometheus";
  static bool IsInstalled();

  /// Starts it with `scrape_configs` (YAML, may be empty; "PORT" in it stands for its own port).
  /// Its files go to `directory`, its data to `directory`/data.
  PrometheusProcess(const std::string& directory, std::string scrape_configs);
  ~PrometheusProcess();
  PrometheusProcess(const PrometheusProcess&) = delete;
  PrometheusProcess& operator=(const PrometheusProcess&) = delete;

  /// True when it answers as ready within half a minute.
  bool WaitUntilReady();
  /// Ends it with `signal` and waits for that.
  void Stop(int signal);
  /// The body of a GET of `path`, or nullopt if nobody answers.
  std::optional<std::string> Get(const std::string& path) const;
  /// The result of an instant query, as JSON text.
  std::string Query(const std::string& expression, double time_seconds) const;
  /// What it has logged, for failure messages.
  std::string Log() const;

 private:
  const std::string directory_;
  int port_ = 0;
  pid_t pid_ = -1;
};

/// Lets a tenth of a second pass: between looks at another process there is nothing to wait on.
void PauseBetweenLooks();

}  // namespace tocsin::tsdb

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/timers.h"
#include "discovery/file_discovery.h"
#include "telemetry/registry.h"

namespace tocsin::discovery {

/// Changes in directories happen when the test says so.
class FakeWatcher final : public FileWatcher {
 public:
  Result<WatchId> Watch(const std::string& directory, std::function<void()> changed) override {
    if (refused.contains(directory)) return Error(ErrorCode::kNotFound, "no such directory");
    watches[++last_id_] = {directory, std::move(changed)};
    return last_id_;
  }
  void Unwatch(WatchId id) override { watches.erase(id); }

  void Change(const std::string& directory) {
    for (const auto& [id, watch] : watches) {
      if (watch.first == directory) watch.second();
    }
  }

  std::map<WatchId, std::pair<std::string, std::function<void()>>> watches;
  std::map<std::string, bool> refused;

 private:
  WatchId last_id_ = 0;
};

/// Files that exist only as names with groups or errors; nothing but looking is supported.
class FakeFiles final : public Fs {
 public:
  void Put(const std::string& path, std::vector<std::string> addresses) {
    files_[path] = std::move(addresses);
  }
  void Break(const std::string& path) { files_[path] = Error(ErrorCode::kInvalidArgument, "bad"); }
  void Delete(const std::string& path) { files_.erase(path); }

  Result<std::vector<TargetGroup>> Load(const std::string& path) const {
    const auto& file = files_.at(path);
    if (!file) return file.error();
    TargetGroup group;
    group.source = path + ":0";
    for (const std::string& address : *file) group.targets.push_back({{"__address__", address}});
    return std::vector<TargetGroup>{group};
  }

  bool Exists(const std::string& path) override {
    for (const auto& [name, file] : files_) {
      if (name == path || name.starts_with(path + "/")) return true;
    }
    return false;
  }
  Result<std::vector<DirectoryEntry>> List(const std::string& directory) override {
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, file] : files_) {
      if (name.starts_with(directory + "/")) {
        entries.push_back({name.substr(directory.size() + 1), false, 0});
      }
    }
    return entries;
  }

  Result<std::unique_ptr<WritableFile>> OpenForWriting(const std::string&, bool) override {
    return Unsupported();
  }
  Result<std::unique_ptr<ReadableFile>> OpenForReading(const std::string&) override {
    return Unsupported();
  }
  Result<std::unique_ptr<MappedFile>> Map(const std::string&) override { return Unsupported(); }
  Status CreateDirectories(const std::string&) override { return Unsupported(); }
  Status Rename(const std::string&, const std::string&) override { return Unsupported(); }
  Status Remove(const std::string&) override { return Unsupported(); }
  Status RemoveAll(const std::string&) override { return Unsupported(); }
  Status SyncDirectory(const std::string&) override { return Unsupported(); }

 private:
  static Error Unsupported() { return Error(ErrorCode::kInternal, "not in this fake"); }

  std::map<std::string, Result<std::vector<std::string>>> files_;
};

/// Answers requests at once, from a table by URL.
class FakeClient final : public http::Client {
 public:
  RequestId Start(http::ClientRequest request, Callback done) override {
    requests.push_back(request);
    const auto answer = answers.find(request.url);
    if (answer == answers.end()) {
      done(Error(ErrorCode::kUnavailable, "connection refused"));
    } else {
      http::ClientResponse response = answer->second;
      done(std::move(response));
    }
    return ++last_id_;
  }
  void Cancel(RequestId) override {}

  void AnswerJson(const std::string& url, std::string body) {
    http::ClientResponse response;
    response.status = 200;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = std::move(body);
    answers[url] = std::move(response);
  }

  std::map<std::string, http::ClientResponse> answers;
  std::vector<http::ClientRequest> requests;

 private:
  RequestId last_id_ = 0;
};

/// Names with the records a test gives them; others cannot be resolved.
class FakeResolver final : public DnsResolver {
 public:
  Result<std::vector<DnsRecord>> Resolve(const std::string& name, DnsType type) override {
    const auto found = records.find({name, type});
    if (found == records.end()) return Error(ErrorCode::kUnavailable, "no server answers");
    return found->second;
  }
  std::map<std::pair<std::string, DnsType>, std::vector<DnsRecord>> records;
};

/// Everything a discoverer needs, in virtual time; workers' tasks run at once.
struct FakeEnvironment {
  ManualClock clock{1'000'000};
  ManualTimers timers{clock};
  FakeFiles files;
  FakeWatcher watcher;
  NullLogger logger;
  telemetry::Registry registry;
  FakeClient client;
  FakeResolver resolver;
  DiscoveryEnvironment environment{
      clock,
      timers,
      files,
      watcher,
      logger,
      registry,
      [this](Fs&, const std::string& path) { return files.Load(path); },
      client,
      resolver,
      [](const std::function<void()>& task) { task(); }};

  void RunDueTimers() { timers.AdvanceBy(0); }
};

/// The addresses in `groups`, in order.
inline std::vector<std::string> Addresses(const std::vector<TargetGroup>& groups) {
  std::vector<std::string> addresses;
  for (const TargetGroup& group : groups) {
    for (const Labels& target : group.targets) addresses.emplace_back(target.Get("__address__"));
  }
  return addresses;
}

}  // namespace tocsin::discovery

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "discovery/zookeeper_session.h"

namespace tocsin::discovery::zookeeper {

/// The nodes at and below some paths, kept equal to the server's by watches. Lives as long as a
/// session, to which all calls that may fail pass its errors. Confined to one thread.
class Tree {
 public:
  /// Both are borrowed.
  Tree(Session& session, const std::vector<std::string>& roots)
      : session_(session), roots_(roots) {}

  /// Reads everything. A root that does not exist yet appears when it is made.
  Status Load();
  Status Apply(const WatchEvent& event);

  /// Calls `visit(path, data)` for each node in order of paths.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [path, node] : nodes_) visit(path, node.data);
  }

 private:
  struct Node {
    std::string data;
    std::set<std::string> children;  ///< Full paths.
  };

  bool IsRoot(const std::string& path) const;
  Status Read(const std::string& path);
  Status ReadData(const std::string& path);
  /// The children that are new.
  Result<std::vector<std::string>> ReadChildren(const std::string& path);
  Status Forget(const std::string& path);

  Session& session_;
  const std::vector<std::string>& roots_;
  std::map<std::string, Node> nodes_;
};

}  // namespace tocsin::discovery::zookeeper

#include "discovery/zookeeper_tree.h"

#include <algorithm>

namespace tocsin::discovery::zookeeper {
namespace {

bool IsMissing(const Error& error) { return error.code() == ErrorCode::kNotFound; }

}  // namespace

Status Tree::Load() {
  for (const std::string& root : roots_) TOCSIN_RETURN_IF_ERROR(Read(root));
  return {};
}

Status Tree::Apply(const WatchEvent& event) {
  const bool is_known = nodes_.count(event.path) != 0;
  switch (event.type) {
    case WatchEvent::kCreated:
      return Read(event.path);
    case WatchEvent::kDeleted:
      return Forget(event.path);
    case WatchEvent::kData:
      return is_known ? ReadData(event.path) : Status();
    case WatchEvent::kChildren: {
      if (!is_known) return {};
      TOCSIN_ASSIGN_OR_RETURN(const auto fresh, ReadChildren(event.path));
      for (const std::string& child : fresh) TOCSIN_RETURN_IF_ERROR(Read(child));
      return {};
    }
    default:
      return {};
  }
}

bool Tree::IsRoot(const std::string& path) const {
  return std::find(roots_.begin(), roots_.end(), path) != roots_.end();
}

Status Tree::Read(const std::string& path) {
  std::vector<std::string> to_read = {path};
  while (!to_read.empty()) {
    const std::string next = std::move(to_read.back());
    to_read.pop_back();
    nodes_.try_emplace(next);
    TOCSIN_RETURN_IF_ERROR(ReadData(next));
    if (nodes_.count(next) == 0) continue;  // Gone in the meantime.
    TOCSIN_ASSIGN_OR_RETURN(const auto fresh, ReadChildren(next));
    to_read.insert(to_read.end(), fresh.begin(), fresh.end());
  }
  return {};
}

Status Tree::ReadData(const std::string& path) {
  auto data = session_.GetData(path);
  if (!data) return IsMissing(data.error()) ? Forget(path) : Status(data.error());
  nodes_[path].data = std::move(*data);
  return {};
}

Result<std::vector<std::string>> Tree::ReadChildren(const std::string& path) {
  const auto names = session_.GetChildren(path);
  if (!names && !IsMissing(names.error())) return names.error();
  if (!names) {
    TOCSIN_RETURN_IF_ERROR(Forget(path));
    return std::vector<std::string>();
  }
  std::set<std::string> children;
  for (const std::string& name : *names) {
    children.insert(path == "/" ? "/" + name : path + "/" + name);
  }
  std::vector<std::string> fresh;
  const std::set<std::string> old = std::exchange(nodes_[path].children, children);
  std::set_difference(children.begin(), children.end(), old.begin(), old.end(),
                      std::back_inserter(fresh));
  for (const std::string& child : old) {
    if (children.count(child) == 0) TOCSIN_RETURN_IF_ERROR(Forget(child));
  }
  return fresh;
}

// A root that is gone gets a watch for its return.
Status Tree::Forget(const std::string& path) {
  std::vector<std::string> to_forget = {path};
  while (!to_forget.empty()) {
    const auto node = nodes_.extract(to_forget.back());
    to_forget.pop_back();
    if (node.empty()) continue;
    to_forget.insert(to_forget.end(), node.mapped().children.begin(), node.mapped().children.end());
  }
  if (!IsRoot(path)) return {};
  const Status exists = session_.CheckExists(path);
  if (exists) return Read(path);
  return IsMissing(exists.error()) ? Status() : exists;
}

}  // namespace tocsin::discovery::zookeeper

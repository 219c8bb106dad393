#include "http/router.h"

#include <algorithm>
#include <set>

namespace tocsin::http {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> PathSegments(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return Split(path, '/');
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool IsRest(std::string_view segment) { return IsParameter(segment) && segment.ends_with("...}"); }

std::string_view ParameterName(std::string_view segment) {
  segment = segment.substr(1, segment.size() - 2);
  return segment.ends_with("...") ? segment.substr(0, segment.size() - 3) : segment;
}

// Literal before parameter before rest, segment by segment.
int Openness(std::string_view segment) {
  return IsRest(segment) ? 2 : IsParameter(segment) ? 1 : 0;
}

bool IsMoreLiteral(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const auto& x, const auto& y) { return Openness(x) < Openness(y); });
}

}  // namespace

void Router::Handle(std::string_view methods, std::string_view pattern, Handler handler) {
  Route route{.pattern = std::string(pattern),
              .methods = {},
              .segments = {},
              .handler = std::move(handler)};
  for (const std::string_view method : Split(methods, ',')) route.methods.emplace_back(method);
  for (const std::string_view segment : PathSegments(pattern)) route.segments.emplace_back(segment);
  const auto place = std::upper_bound(
      routes_.begin(), routes_.end(), route,
      [](const Route& a, const Route& b) { return IsMoreLiteral(a.segments, b.segments); });
  routes_.insert(place, std::move(route));
}

bool Router::AcceptsMethod(const Route& route, std::string_view method) {
  return std::any_of(route.methods.begin(), route.methods.end(), [&](const std::string& accepted) {
    return accepted == method || accepted == "*" || (accepted == "GET" && method == "HEAD");
  });
}

bool Router::MatchesPath(const Route& route, const std::vector<std::string_view>& path,
                         Fields& parameters) {
  const auto& segments = route.segments;
  const bool takes_rest = IsRest(segments.back());
  if (takes_rest ? path.size() < segments.size() : path.size() != segments.size()) return false;
  const size_t fixed = segments.size() - (takes_rest ? 1 : 0);
  for (size_t i = 0; i < fixed; ++i) {
    if (IsParameter(segments[i]) ? path[i].empty() : segments[i] != path[i]) return false;
  }
  parameters.clear();
  for (size_t i = 0; i < fixed; ++i) {
    if (IsParameter(segments[i])) parameters.emplace_back(ParameterName(segments[i]), path[i]);
  }
  if (takes_rest) {
    const char* end = path.back().data() + path.back().size();
    parameters.emplace_back(ParameterName(segments.back()), std::string(path[fixed].data(), end));
  }
  return true;
}

void Router::Dispatch(Request& request, Response& response) const {
  const std::vector<std::string_view> path = PathSegments(request.path);
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (!MatchesPath(route, path, request.path_parameters)) continue;
    if (AcceptsMethod(route, request.method)) {
      request.route = route.pattern;
      return route.handler(request, response);
    }
    allowed.insert(route.methods.begin(), route.methods.end());
  }
  // A route for OPTIONS alone answers questions about other routes; it is none by itself.
  allowed.erase("OPTIONS");
  request.path_parameters.clear();
  response.SetHeader("X-Content-Type-Options", "nosniff");
  if (allowed.empty()) return response.SetText(404, "404 page not found\n");
  allowed.insert("OPTIONS");
  std::string allow;
  for (const std::string& method : allowed) allow += (allow.empty() ? "" : ", ") + method;
  response.SetHeader("Allow", allow);
  response.SetText(405, "Method Not Allowed\n");
}

}  // namespace tocsin::http

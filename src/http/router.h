#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace tocsin::http {

using Handler = std::function<void(Request&, Response&)>;

/// Finds the handler of a path: literal segments first, then `{name}` segments, then a trailing
/// `{name...}` that takes the rest. Built once, then immutable and thread-safe.
class Router {
 public:
  /// `methods` as in "GET" or "GET,POST"; HEAD is answered wherever GET is. "*" takes every method.
  void Handle(std::string_view methods, std::string_view pattern, Handler handler);
  /// Answers 404 or 405 (with Allow) itself when nothing matches.
  void Dispatch(Request& request, Response& response) const;

 private:
  struct Route {
    std::string pattern;
    std::vector<std::string> methods;
    std::vector<std::string> segments;
    Handler handler;
  };

  static bool AcceptsMethod(const Route& route, std::string_view method);
  static bool MatchesPath(const Route& route, const std::vector<std::string_view>& path,
                          Fields& parameters);

  std::vector<Route> routes_;  ///< Sorted: the more literal pattern first.
};

}  // namespace tocsin::http

#pragma once

#include <string>
#include <vector>

#include "promql/parser.h"

namespace tocsin::promql {

/// A row of tests/promql/testdata/parse.txt.
struct ParserCase {
  int line = 0;
  std::string text;
  ParserOptions options;
  bool is_accepted = false;
  std::string expected;  ///< The canonical print, or the error.
};

/// Reads a script; its head explains the notation. Fails the running test when a line is malformed.
std::vector<ParserCase> ReadParserScript(const std::string& path);

}  // namespace tocsin::promql

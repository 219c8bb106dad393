#include "parser_script.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string_view>

namespace tocsin::promql {
namespace {

constexpr std::string_view kPrintsAs = "  =>  ";
constexpr std::string_view kRefusedWith = "  !!  ";

std::string ExpandNames(std::string text) {
  const auto replace = [&](std::string_view name, const std::string& by) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, name.size(), by);
    }
  };
  replace("<NL>", "\n");
  replace("<TAB>", "\t");
  replace("<EMPTY>", "");
  for (size_t at = text.find("<x"); at != std::string::npos; at = text.find("<x", at + 1)) {
    if (at + 4 >= text.size() || text[at + 4] != '>') continue;
    text.replace(at, 5, 1, static_cast<char>(std::stoi(text.substr(at + 2, 2), nullptr, 16)));
  }
  return text;
}

ParserOptions ReadOptions(const std::string& words, int line) {
  ParserOptions options;
  std::istringstream in(words);
  for (std::string word; in >> word;) {
    if (word == "experimental") {
      options.enable_experimental_functions = true;
    } else if (word == "extended") {
      options.enable_extended_range_selectors = true;
    } else if (word == "fill") {
      options.enable_binop_fill_modifiers = true;
    } else if (word == "no-durations") {
      options.enable_duration_expr = false;
    } else {
      ADD_FAILURE() << "line " << line << ": no such option: " << word;
    }
  }
  return options;
}

}  // namespace

std::vector<ParserCase> ReadParserScript(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << "cannot read " << path;
  std::vector<ParserCase> cases;
  ParserOptions options;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.rfind("##", 0) == 0) continue;
    if (line.rfind("@options", 0) == 0) {
      options = ReadOptions(line.substr(8), number);
      continue;
    }
    ParserCase row{number, line, options, true, line};
    if (const size_t at = line.find(kPrintsAs); at != std::string::npos) {
      row.text = line.substr(0, at);
      row.expected = line.substr(at + kPrintsAs.size());
    } else if (const size_t refused = line.find(kRefusedWith); refused != std::string::npos) {
      row.text = line.substr(0, refused);
      row.expected = line.substr(refused + kRefusedWith.size());
      row.is_accepted = false;
    }
    row.text = ExpandNames(row.text);
    row.expected = ExpandNames(row.expected);
    cases.push_back(std::move(row));
  }
  return cases;
}

}  // namespace tocsin::promql

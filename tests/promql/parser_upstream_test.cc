// Every expression and series of upstream's own promqltest scripts has to parse.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/series_description.h"

namespace tocsin::promql {
namespace {

const std::filesystem::path& ScriptDirectory() {
  static const std::filesystem::path directory =
      TOCSIN_UPSTREAM_DIR "/prometheus/promql/promqltest/testdata";
  return directory;
}

std::vector<std::string> ReadLines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

template <typename Visit>
void ForEachScript(const Visit& visit) {
  for (const auto& entry : std::filesystem::directory_iterator(ScriptDirectory())) {
    if (entry.path().extension() == ".test") visit(entry.path(), ReadLines(entry.path()));
  }
}

class ParserUpstreamTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(ScriptDirectory())) {
      GTEST_SKIP() << "skipped: no " << ScriptDirectory();
    }
  }
};

TEST_F(ParserUpstreamTest, EveryEvaluatedExpressionParsesAndPrintsStably) {
  const std::regex eval(
      R"(^eval(?:_\w+)? (?:instant at \S+|range from \S+ to \S+ step \S+)\s+(.*)$)");
  const ParserOptions everything{true, true, true, true};
  size_t expressions = 0;
  ForEachScript([&](const std::filesystem::path& path, const std::vector<std::string>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_match(lines[i], match, eval)) continue;
      ++expressions;
      const auto expr = ParseExpr(match[1].str(), everything);
      if (!expr) {
        ADD_FAILURE() << path << ":" << i + 1 << ": " << match[1].str() << ": "
                      << expr.error().message();
        continue;
      }
      const std::string print = PrintExpr(**expr);
      const auto again = ParseExpr(print, everything);
      ASSERT_TRUE(again) << path << ":" << i + 1 << ": " << print;
      EXPECT_EQ(PrintExpr(**again), print);
    }
  });
  EXPECT_GT(expressions, 2000U);
}

TEST_F(ParserUpstreamTest, EveryLoadedSeriesParses) {
  // In 3.14 a series may carry start timestamps in a line of its own, marked `@st`; its values are
  // durations.
  const std::regex start_timestamps(R"(@st(\s))");
  size_t series = 0;
  ForEachScript([&](const std::filesystem::path& path, const std::vector<std::string>& lines) {
    bool in_load = false;
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      const size_t text_start = line.find_first_not_of(" \t");
      if (text_start == std::string::npos) {
        in_load = false;
        continue;
      }
      if (line[text_start] == '#') continue;
      if (line.rfind("load", 0) == 0) {
        in_load = true;
        continue;
      }
      if (!in_load) continue;
      ++series;
      const std::string text = std::regex_replace(line.substr(text_start), start_timestamps, "$1");
      const auto description = ParseSeriesDescription(text);
      EXPECT_TRUE(description) << path << ":" << i + 1 << ": " << text << ": "
                               << description.error().message();
    }
  });
  EXPECT_GT(series, 400U);
}

}  // namespace
}  // namespace tocsin::promql

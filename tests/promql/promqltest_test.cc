#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "promql/script_runner.h"
#include "telemetry/registry.h"

namespace tocsin::promql {
namespace {

const std::filesystem::path kUpstream =
    std::filesystem::path(TOCSIN_UPSTREAM_DIR) / "prometheus/promql/promqltest/testdata";
const std::filesystem::path kOwn =
    std::filesystem::path(TOCSIN_SOURCE_DIR) / "tests/promql/testdata";
/// Upstream's scripts, all of which have to pass.
const std::vector<std::string> kUpstreamScripts = {"aggregators.test",
                                                   "at_modifier.test",
                                                   "collision.test",
                                                   "duration_expression.test",
                                                   "extended_vectors.test",
                                                   "fill-modifier.test",
                                                   "functions.test",
                                                   "histograms.test",
                                                   "info.test",
                                                   "limit.test",
                                                   "literals.test",
                                                   "name_label_dropping.test",
                                                   "native_histograms.test",
                                                   "operators.test",
                                                   "range_queries.test",
                                                   "selectors.test",
                                                   "staleness.test",
                                                   "start_timestamps.test",
                                                   "subquery.test",
                                                   "trig_functions.test",
                                                   "type_and_unit.test"};

/// An eval command of a script.
struct ScriptCase {
  std::filesystem::path file;
  int line = 0;
  std::string expr;

  std::string Place() const { return file.filename().string() + ":" + std::to_string(line); }
};

std::ostream& operator<<(std::ostream& out, const ScriptCase& one) {
  return out << one.Place() << " " << one.expr;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<ScriptCase> CasesOf(const std::filesystem::path& file) {
  std::vector<ScriptCase> cases;
  const auto commands = ParseScript(ReadFile(file));
  if (!commands.ok()) return {{file, 0, commands.error().message()}};
  for (const ScriptCommand& command : *commands) {
    if (const auto* eval = std::get_if<EvalCommand>(&command)) {
      cases.push_back({file, eval->line, eval->expr});
    }
  }
  return cases;
}

std::vector<ScriptCase> UpstreamCases() {
  std::vector<ScriptCase> cases;
  for (const std::string& name : kUpstreamScripts) {
    if (!std::filesystem::exists(kUpstream / name)) continue;
    const std::vector<ScriptCase> more = CasesOf(kUpstream / name);
    cases.insert(cases.end(), more.begin(), more.end());
  }
  if (cases.empty()) cases.push_back({"missing", 0, "upstream's scripts"});
  return cases;
}

std::vector<ScriptCase> OwnCases() {
  std::vector<ScriptCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(kOwn)) {
    if (entry.path().extension() != ".test") continue;
    const std::vector<ScriptCase> more = CasesOf(entry.path());
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

using OutcomesByLine = std::map<int, CaseOutcome>;

/// The outcome for line 0 says that the script could not run.
OutcomesByLine RunFile(const std::filesystem::path& file, const MakeScriptStorage& make_storage) {
  const SystemClock clock;
  ThreadPool pool("promqltest", 2);
  telemetry::Registry registry;
  NullLogger logger;
  Engine engine(UpstreamTestOptions(), clock, pool, registry, logger);
  OutcomesByLine by_line;
  const auto outcomes = RunScript(ReadFile(file), engine, make_storage);
  if (!outcomes.ok()) {
    by_line[0].failure = outcomes.error().message();
    return by_line;
  }
  for (const CaseOutcome& outcome : *outcomes) by_line[outcome.line] = outcome;
  return by_line;
}

/// Runs each script once, however many of its cases are looked at.
class ScriptOutcomes {
 public:
  explicit ScriptOutcomes(MakeScriptStorage make_storage)
      : make_storage_(std::move(make_storage)) {}

  CaseOutcome Of(const ScriptCase& one) {
    const auto [file, is_new] = files_.try_emplace(one.file);
    if (is_new) file->second = RunFile(one.file, make_storage_);
    if (const auto at = file->second.find(0); at != file->second.end()) return at->second;
    const auto at = file->second.find(one.line);
    return at == file->second.end() ? CaseOutcome{one.line, one.expr, "was not run"} : at->second;
  }

 private:
  const MakeScriptStorage make_storage_;
  std::map<std::filesystem::path, OutcomesByLine> files_;
};

CaseOutcome OutcomeInMemory(const ScriptCase& one) {
  static auto& outcomes = *new ScriptOutcomes(MakeMemoryScriptStorage);
  return outcomes.Of(one);
}

CaseOutcome OutcomeOnDatabase(const ScriptCase& one) {
  static auto& outcomes = *new ScriptOutcomes(MakeDatabaseScriptStorage);
  return outcomes.Of(one);
}

class UpstreamScriptTest : public testing::TestWithParam<ScriptCase> {};

TEST_P(UpstreamScriptTest, GivesTheExpectedAnswer) {
  if (GetParam().file == "missing") {
    GTEST_SKIP() << "skipped: no promqltest scripts under " << kUpstream;
  }
  EXPECT_EQ(OutcomeInMemory(GetParam()).failure, "") << GetParam();
}

std::string NameOf(const testing::TestParamInfo<ScriptCase>& info) {
  std::string name = info.param.Place();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
  return name;
}

TEST_P(UpstreamScriptTest, GivesTheExpectedAnswerOnTheDatabase) {
  if (GetParam().file == "missing") {
    GTEST_SKIP() << "skipped: no promqltest scripts under " << kUpstream;
  }
  const CaseOutcome outcome = OutcomeOnDatabase(GetParam());
  if (outcome.left_samples_out && !outcome.failure.empty()) {
    GTEST_SKIP() << "skipped: the database cannot hold all of it: " << GetParam();
  }
  EXPECT_EQ(outcome.failure, "") << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Promqltest, UpstreamScriptTest, testing::ValuesIn(UpstreamCases()),
                         NameOf);

class OwnScriptTest : public testing::TestWithParam<ScriptCase> {};

TEST_P(OwnScriptTest, GivesTheExpectedAnswer) {
  EXPECT_EQ(OutcomeInMemory(GetParam()).failure, "") << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Promqltest, OwnScriptTest, testing::ValuesIn(OwnCases()), NameOf);

}  // namespace
}  // namespace tocsin::promql

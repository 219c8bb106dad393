// Upstream's own good and bad files, taken as yes or no.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "config/alertmanager_config.h"
#include "config/prometheus_config.h"

namespace tocsin::config {
namespace {

// One name a line; empty lines and comments do not count.
std::set<std::string> ReadList(const std::string& path) {
  PosixFs fs;
  std::set<std::string> names;
  const auto text = fs.ReadFile(path);
  EXPECT_TRUE(text.ok()) << path;
  size_t begin = 0;
  while (text.ok() && begin < text->size()) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    const std::string line = text->substr(begin, end - begin);
    if (!line.empty() && line[0] != '#') names.insert(line);
    begin = end + 1;
  }
  return names;
}

bool EndsWith(const std::string& name, std::string_view ending) {
  return name.size() >= ending.size() && name.ends_with(ending);
}

TEST(UpstreamConfigTest, PrometheusGoodFilesLoad) {
  const std::string directory = TOCSIN_UPSTREAM_DIR "/prometheus/config/testdata/";
  PosixFs fs;
  const auto entries = fs.List(directory);
  if (!entries) GTEST_SKIP() << "skipped: no " << directory;
  int count = 0;
  for (const DirectoryEntry& entry : *entries) {
    if (!EndsWith(entry.name, ".good.yml")) continue;
    ++count;
    const auto config = LoadPrometheusConfig(fs, directory + entry.name);
    EXPECT_TRUE(config.ok()) << config.error().message();
    if (!config) continue;
    const std::string shown = FormatPrometheusConfig(*config);
    const auto again = ParsePrometheusConfig(shown, directory + "shown.yml");
    // What these two show reads back as something else, in upstream too: a literal dollar sign is
    // expanded again, and switches that are off where the default is on are left out.
    if (entry.name == "external_labels.good.yml" ||
        entry.name == "otlp_label_underscore_sanitization_disabled.good.yml")
      continue;
    ASSERT_TRUE(again.ok()) << entry.name << ": " << again.error().message() << "\n" << shown;
    EXPECT_EQ(FormatPrometheusConfig(*again), shown) << entry.name;
  }
  EXPECT_GT(count, 40);
}

// Files that are wrong only inside blocks whose keys are not checked yet must load, and be on the
// list: whoever implements such a block takes its lines out.
TEST(UpstreamConfigTest, PrometheusBadFilesAreRefused) {
  const std::string directory = TOCSIN_UPSTREAM_DIR "/prometheus/config/testdata/";
  PosixFs fs;
  const auto entries = fs.List(directory);
  if (!entries) GTEST_SKIP() << "skipped: no " << directory;
  std::set<std::string> accepted;
  for (const DirectoryEntry& entry : *entries) {
    if (EndsWith(entry.name, ".bad.yml") && LoadPrometheusConfig(fs, directory + entry.name).ok())
      accepted.insert(entry.name);
  }
  EXPECT_EQ(accepted,
            ReadList(TOCSIN_SOURCE_DIR "/tests/config/upstream_bad_configs_accepted.txt"));
}

TEST(UpstreamConfigTest, AlertmanagerFilesLoadOrAreRefused) {
  const std::string directory = TOCSIN_UPSTREAM_DIR "/alertmanager/config/testdata/";
  PosixFs fs;
  const auto entries = fs.List(directory);
  if (!entries) GTEST_SKIP() << "skipped: no " << directory;
  std::set<std::string> refused;
  for (const DirectoryEntry& entry : *entries) {
    const auto config = LoadAlertmanagerConfig(fs, directory + entry.name);
    if (!config) refused.insert(entry.name);
  }
  EXPECT_EQ(refused, ReadList(TOCSIN_SOURCE_DIR "/tests/config/upstream_alertmanager_refused.txt"));
}

}  // namespace
}  // namespace tocsin::config

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "exposition/text_parser.h"
#include "scraper/page_fixture.h"

namespace tocsin::scraper {
namespace {

/// What a plain parse of a page, with no memory of other pages, stores.
std::map<std::string, uint64_t> PlainParse(const std::string& page, const Labels& target,
                                           const ScrapeSettings& settings) {
  std::map<std::string, uint64_t> values;
  exposition::TextParser parser(page);
  LabelsBuilder labels;
  std::vector<std::string> empty_names;
  for (auto entry = parser.Next(); entry != exposition::TextParser::Entry::kEnd;
       entry = parser.Next()) {
    EXPECT_NE(entry, exposition::TextParser::Entry::kInvalid);
    if (entry != exposition::TextParser::Entry::kSeries) continue;
    EXPECT_TRUE(parser.CopyLabels(labels, empty_names).ok());
    if (!AddTargetLabels(target, settings.label_rules, empty_names, labels)) continue;
    values.emplace(FakeStorage::TextOf(labels.Build()), std::bit_cast<uint64_t>(parser.value()));
  }
  return values;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string page;
  for (const std::string& line : lines) page += line + "\n";
  return page;
}

/// A page that changes as a page may: values always, lines now and then.
class ChangingPage {
 public:
  ChangingPage(std::string page, uint64_t seed) : random_(seed) {
    for (size_t at = 0; at < page.size();) {
      const size_t end = page.find('\n', at);
      lines_.push_back(page.substr(at, end - at));
      at = end + 1;
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }

  void Edit() {
    for (std::string& line : lines_) {
      if (line.empty() || line[0] == '#' || line[0] == ' ' || Chance(3)) continue;
      line.resize(line.rfind(' ') + 1);
      line += Chance(20) ? "NaN" : std::to_string(random_() % 100000);
    }
    for (uint64_t edits = random_() % 6; edits > 0; --edits) EditOne();
    if (Chance(10)) std::shuffle(lines_.begin(), lines_.end(), random_);
  }

 private:
  bool Chance(uint64_t one_in) { return random_() % one_in == 0; }

  void EditOne() {
    const size_t at = random_() % (lines_.size() + 1);
    const auto place = lines_.begin() + static_cast<ptrdiff_t>(at);
    const std::string number = std::to_string(random_() % 50);
    switch (random_() % 8) {
      case 0:
        lines_.insert(place, "extra_" + number + "{x=\"" + number + "\"} 1");
        break;
      case 1:
        lines_.insert(place, "# HELP extra_" + number + " text " + number);
        break;
      case 2:
        lines_.insert(place, "# TYPE extra_" + number + " histogram");
        break;
      case 3:
        lines_.insert(place, Chance(2) ? "" : " \t");
        break;
      case 4:
        lines_.insert(place, "h_bucket{le=\"" + number + "\"} 3");
        break;
      case 5:
        lines_.insert(place, "dropped_" + number + " 1");
        break;
      default:
        if (at < lines_.size() && lines_.size() > 20) lines_.erase(place);
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> lines_;
};

// The known text decides a series' bounds, not the TYPE line before it: as upstream, a series keeps
// the labels it got when it was new. The model forgets nothing, so both must be asked about typed
// pages only.
std::string WithoutTypeChanges(const std::vector<std::string>& lines) {
  std::vector<std::string> kept;
  for (const std::string& line : lines) {
    if (line.starts_with("# TYPE")) continue;
    kept.push_back(line);
  }
  return Join(kept);
}

class PageModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(PageModelTest, ChangingPagesStoreWhatAPlainParseFinds) {
  std::ifstream file(TOCSIN_SOURCE_DIR "/tests/data/node_exporter.prom", std::ios::binary);
  const std::string original((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(original.empty());
  config::ScrapeConfig config;
  RelabelRule drop;
  drop.source_labels = {"__name__"};
  drop.regex = *Regex::Compile("dropped_.*|node_scrape.*");
  drop.action = RelabelRule::Action::kDrop;
  config.metric_relabel_configs = {drop};
  PageFixture f(config);
  ChangingPage page(original, GetParam());
  for (int64_t round = 1; round <= 60; ++round) {
    const std::string text = WithoutTypeChanges(page.lines());
    if (round % 13 == 0) f.storage.renumber_at_next_row = true;
    if (round % 7 == 0) {
      ASSERT_FALSE(f.Scrape(text + "broken\n", round * 1000 - 1).ok());
    }
    ASSERT_TRUE(f.Scrape(text, round * 1000).ok());
    const auto expected = PlainParse(text, f.labels, *f.settings);
    ASSERT_EQ(f.storage.LiveValues(), expected) << "round " << round << " seed " << GetParam();
    ASSERT_EQ(f.counts.post_relabel - f.counts.duplicates, expected.size());
    page.Edit();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PageModelTest, testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace tocsin::scraper

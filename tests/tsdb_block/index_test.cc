#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/faulty_fs.h"
#include "tsdb/block/index_reader.h"
#include "tsdb/block/index_selector.h"
#include "tsdb/block/index_writer.h"
#include "tsdb_block/block_fixture.h"

namespace tocsin::tsdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using SeriesChunks = std::map<Labels, std::vector<ChunkMeta>>;

Status WriteIndex(Fs& fs, const std::string& path, const SeriesChunks& series) {
  Model model;
  for (const auto& [labels, chunks] : series) model[labels];
  const std::vector<std::string> symbols = SymbolsOf(model);
  const std::vector<std::string_view> views(symbols.begin(), symbols.end());
  TOCSIN_ASSIGN_OR_RETURN(const auto writer, IndexWriter::Create(fs, path));
  TOCSIN_RETURN_IF_ERROR(writer->AddSymbols(views));
  for (const auto& [labels, chunks] : series) {
    TOCSIN_RETURN_IF_ERROR(writer->AddSeries(labels, chunks));
  }
  return writer->Finish();
}

SeriesChunks RandomSeries(std::mt19937_64& random, size_t count) {
  SeriesChunks series;
  for (const auto& [labels, samples] : RandomModel(random, count, 1)) series[labels];
  uint64_t ref = 8;
  for (auto& [labels, chunks] : series) {
    int64_t time_ms = -1'000'000 + static_cast<int64_t>(random() % 2'000'000);
    for (uint64_t left = random() % 5; left > 0; --left) {
      const int64_t end_ms = time_ms + static_cast<int64_t>(random() % 100'000);
      chunks.push_back({ref, time_ms, end_ms});
      time_ms = end_ms + 1 + static_cast<int64_t>(random() % 1000);
      ref += random() % 50 == 0 ? uint64_t{1} << 32 : 1 + random() % 1000;
    }
  }
  return series;
}

TEST(IndexTest, WhatIsWrittenIsRead) {
  std::mt19937_64 random(11);
  FaultyFs fs;
  const SeriesChunks series = RandomSeries(random, 3000);
  const Status written = WriteIndex(fs, "/index", series);
  ASSERT_TRUE(written) << written.error().message();
  const auto reader = IndexReader::Open(fs, "/index");
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  const auto all = (*reader)->AllPostings();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), series.size());
  size_t i = 0;
  std::vector<ChunkMeta> chunks;
  for (const auto& [labels, expected] : series) {
    const PostingId id = (*all)[i++];
    EXPECT_EQ(*(*reader)->LabelsOf(id), labels);
    ASSERT_TRUE((*reader)->ChunksOf(id, chunks));
    EXPECT_EQ(chunks, expected);
  }
}

TEST(IndexTest, SymbolsAreFoundBothWays) {
  std::mt19937_64 random(12);
  FaultyFs fs;
  ASSERT_TRUE(WriteIndex(fs, "/index", RandomSeries(random, 500)));
  const auto reader = *IndexReader::Open(fs, "/index");
  SymbolRef next = 0;
  reader->ForEachSymbol([&](SymbolRef ref, std::string_view text) {
    EXPECT_EQ(ref, next++);
    EXPECT_EQ(*reader->Symbol(ref), text);
    EXPECT_EQ(reader->FindSymbol(text), ref);
    EXPECT_EQ(reader->FindSymbol(std::string(text) + "\1"), std::nullopt);
  });
  EXPECT_EQ(next, reader->symbol_count());
  EXPECT_FALSE(reader->Symbol(next).ok());
  EXPECT_EQ(reader->FindSymbol(""), std::nullopt);
  EXPECT_EQ(reader->FindSymbol("\xff"), std::nullopt);
}

TEST(IndexTest, PostingsNameExactlyTheSeriesWithThePair) {
  std::mt19937_64 random(13);
  FaultyFs fs;
  ASSERT_TRUE(WriteIndex(fs, "/index", RandomSeries(random, 2000)));
  const auto reader = *IndexReader::Open(fs, "/index");
  std::map<std::pair<std::string, std::string>, std::vector<PostingId>> expected;
  const PostingsView all = *reader->AllPostings();
  for (size_t i = 0; i < all.size(); ++i) {
    const Labels labels = *reader->LabelsOf(all[i]);
    for (const LabelView label : labels) {
      expected[{std::string(label.name), std::string(label.value)}].push_back(all[i]);
    }
  }
  size_t pair_count = 0;
  for (size_t n = 0; n < reader->label_name_count(); ++n) {
    const std::string name(reader->label_name(n));
    reader->ForEachValue(name, "", [&](std::string_view value, uint64_t offset) {
      std::vector<PostingId> ids;
      reader->PostingsAt(offset)->AppendTo(ids);
      EXPECT_EQ(ids, (expected[{name, std::string(value)}]));
      std::vector<PostingId> again;
      reader->Postings(name, value)->AppendTo(again);
      EXPECT_EQ(again, ids);
      ++pair_count;
      return true;
    });
  }
  EXPECT_EQ(pair_count, expected.size());
  EXPECT_TRUE(reader->Postings("instance", "10")->empty());
  EXPECT_TRUE(reader->Postings("instance", "zzz")->empty());
  EXPECT_TRUE(reader->Postings("nosuch", "a")->empty());
}

TEST(IndexTest, ValuesBeginWhereTheyAreAskedTo) {
  FaultyFs fs;
  SeriesChunks series;
  for (int i = 0; i < 1000; ++i) series[Labels{{"__name__", "m"}, {"n", fmt::format("{:03}", i)}}];
  ASSERT_TRUE(WriteIndex(fs, "/index", series));
  const auto reader = *IndexReader::Open(fs, "/index");
  for (int first = 0; first < 1000; first += 7) {
    int next = first;
    reader->ForEachValue("n", fmt::format("{:03}", first), [&](std::string_view value, uint64_t) {
      EXPECT_EQ(value, fmt::format("{:03}", next++));
      return next < first + 40;
    });
    EXPECT_EQ(next, std::min(1000, first + 40));
  }
}

TEST(IndexTest, MatchersSelectWhatTheyMatch) {
  std::mt19937_64 random(14);
  FaultyFs fs;
  ASSERT_TRUE(WriteIndex(fs, "/index", RandomSeries(random, 1500)));
  const auto reader = *IndexReader::Open(fs, "/index");
  const auto make = [](MatchType type, std::string_view name, std::string_view value) {
    return Match(type, name, value);
  };
  using enum MatchType;
  const std::vector<std::vector<Matcher>> cases = {
      {},
      {make(kEqual, "__name__", "metric_3")},
      {make(kEqual, "zone", "")},
      {make(kNotEqual, "zone", "")},
      {make(kRegex, "instance", "10.0.0.(1|2|3):9100")},
      {make(kRegex, "instance", "10.0.0.1.*"), make(kNotEqual, "job", "api")},
      {make(kRegex, "zone", "a|")},
      {make(kRegex, "zone", ".*")},
      {make(kRegex, "path", ".+"), make(kNotRegex, "path", "1.*")},
      {make(kNotRegex, "le", ".+")},
      {make(kNotRegex, "job", "node|x"), make(kEqual, "job", "api")},
      {make(kNotRegex, "path", "")},
      {make(kRegex, "le", ".*5"), make(kRegex, "__name__", "metric_.*")},
      {make(kRegex, "__name__", "metric_1|metric_2|nosuch")},
      {make(kEqual, "nosuch", "")},
      {make(kNotEqual, "nosuch", "")},
      {make(kEqual, "nosuch", "x")},
      {make(kEqual, "", "x")},
      {make(kEqual, "", "")},
      {make(kNotRegex, "instance", "10.*"), make(kEqual, "job", "node")},
      {make(kNotEqual, "path", "3"), make(kNotEqual, "le", "4"), make(kNotRegex, "zone", "b")},
  };
  const PostingsView all = *reader->AllPostings();
  for (const std::vector<Matcher>& matchers : cases) {
    std::vector<PostingId> expected;
    for (size_t i = 0; i < all.size(); ++i) {
      const Labels labels = *reader->LabelsOf(all[i]);
      if (std::ranges::all_of(matchers, [&](const Matcher& m) { return m.Matches(labels); })) {
        expected.push_back(all[i]);
      }
    }
    const auto selected = SelectFromIndex(*reader, matchers);
    ASSERT_TRUE(selected.ok());
    std::string text;
    for (const Matcher& matcher : matchers) text += matcher.ToString() + " ";
    EXPECT_EQ(*selected, expected) << text;
  }
}

TEST(IndexTest, AnEmptyIndexIsAnIndex) {
  FaultyFs fs;
  ASSERT_TRUE(WriteIndex(fs, "/index", {}));
  const auto reader = IndexReader::Open(fs, "/index");
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  EXPECT_TRUE((*reader)->AllPostings()->empty());
  EXPECT_EQ((*reader)->label_name_count(), 0u);
}

class IndexWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = IndexWriter::Create(fs_, "/index");
    ASSERT_TRUE(writer.ok());
    writer_ = std::move(*writer);
    const std::vector<std::string_view> symbols = {"a", "b", "c", "x"};
    ASSERT_TRUE(writer_->AddSymbols(symbols));
  }
  std::string Refusal(const Labels& labels, std::vector<ChunkMeta> chunks) {
    const Status status = writer_->AddSeries(labels, chunks);
    return status ? "" : status.error().message();
  }
  FaultyFs fs_;
  std::unique_ptr<IndexWriter> writer_;
};

TEST_F(IndexWriterTest, SeriesThatDoNotRiseAreRefused) {
  EXPECT_EQ(Refusal(Labels{{"a", "b"}}, {{8, 1, 2}}), "");
  EXPECT_THAT(Refusal(Labels{{"a", "b"}}, {{9, 1, 2}}), HasSubstr("out-of-order series"));
}

TEST_F(IndexWriterTest, SymbolsThatAreNotThereAreRefused) {
  EXPECT_EQ(Refusal(Labels{{"a", "b"}}, {}), "");
  EXPECT_THAT(Refusal(Labels{{"a", "zz"}}, {}), HasSubstr("symbol entry for \"zz\""));
}

TEST_F(IndexWriterTest, ChunksThatDoNotRiseAreRefused) {
  EXPECT_THAT(Refusal(Labels{{"a", "b"}}, {{8, 1, 5}, {9, 5, 6}}), HasSubstr("begins before"));
  EXPECT_THAT(Refusal(Labels{{"a", "b"}}, {{8, 2, 1}}), HasSubstr("ends before"));
  EXPECT_THAT(Refusal(Labels{{"a", "b"}}, {{8, 1, 2}, {7, 3, 4}}), HasSubstr("unsorted chunk"));
}

TEST_F(IndexWriterTest, SymbolsThatDoNotRiseAreRefused) {
  const auto writer = *IndexWriter::Create(fs_, "/other");
  const std::vector<std::string_view> symbols = {"b", "a"};
  EXPECT_FALSE(writer->AddSymbols(symbols).ok());
}

// A block of January 2020, before version 2.
TEST(IndexTest, Version1IsRead) {
  PosixFs fs;
  const std::string path = TOCSIN_UPSTREAM_DIR "/prometheus/tsdb/testdata/index_format_v1/index";
  if (!fs.Exists(path)) GTEST_SKIP() << "skipped: no upstream test data in " TOCSIN_UPSTREAM_DIR;
  const auto reader = IndexReader::Open(fs, path);
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  EXPECT_EQ((*reader)->version(), 1);
  EXPECT_EQ((*reader)->ValueCount("bar"), 100u);
  EXPECT_EQ((*reader)->ValueCount("foo"), 2u);
  const auto ids = SelectFromIndex(**reader, std::vector{Match(MatchType::kRegex, "bar", "1.?")});
  ASSERT_TRUE(ids.ok());
  ASSERT_EQ(ids->size(), 11u);
  EXPECT_EQ((*reader)->LabelsOf(ids->front())->ToString(), R"({bar="1"})");
  std::string last;
  (*reader)->ForEachSymbol([&](SymbolRef ref, std::string_view text) {
    EXPECT_EQ((*reader)->FindSymbol(text), ref);
    EXPECT_LT(last, text.empty() ? "\1" : text);
    last = text;
  });
}

}  // namespace
}  // namespace tocsin::tsdb

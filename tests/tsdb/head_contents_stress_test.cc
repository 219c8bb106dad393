// Readers against writers of all kinds of samples: each commit is seen whole or not at all.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tsdb/any_contents.h"

namespace tocsin::tsdb {
namespace {

Labels Named(const std::string& name) { return Labels({{"__name__", name}}); }

constexpr int64_t kBeginMs = 1'000'000'000;
constexpr int kCommits = 400;

// A float and a histogram a row, each at the row's time; the count says which row.
void WriteRows(Head& head) {
  auto row = head.MakeRowAppender();
  const auto f = row->SlotOf(Named("row_float")).value();
  const auto h = row->SlotOf(Named("row_histogram")).value();
  for (int i = 1; i <= kCommits; ++i) {
    row->BeginRow(kBeginMs + i * 1000);
    row->Set(f, i);
    ASSERT_TRUE(
        row->SetHistogram(h, std::nullopt, CounterHistogram(static_cast<uint64_t>(i)), true).ok());
    ASSERT_TRUE(row->CommitRow().ok());
  }
}

// A new sample and an old one a commit.
void WriteBatches(Head& head) {
  for (int i = 1; i <= kCommits; ++i) {
    auto appender = head.MakeAppender();
    ASSERT_TRUE(appender->Append(0, Named("new"), kBeginMs + i * 1000, i).ok());
    ASSERT_TRUE(appender->Append(0, Named("old"), kBeginMs - i * 1000, i).ok());
    ASSERT_TRUE(appender->Commit().ok());
  }
}

void CheckReader(Head& head) {
  const auto querier = head.MakeQuerier(INT64_MIN, INT64_MAX).value();
  const AnyContents contents = ReadAny(*querier);
  const auto count = [&](const char* name) -> size_t {
    const auto at = contents.find(Named(name).ToString());
    return at == contents.end() ? 0 : at->second.size();
  };
  ASSERT_EQ(count("row_float"), count("row_histogram"));
  ASSERT_EQ(count("new") + 1, count("old"));
  ASSERT_EQ(ReadAny(*querier), contents);
}

TEST(HeadContentsStressTest, ReadersSeeWholeCommitsWhileOthersWriteAndTruncate) {
  MemoryHead memory({.out_of_order_window_ms = INT64_MAX / 4});
  {
    auto appender = memory.head.MakeAppender();
    ASSERT_TRUE(appender->Append(0, Named("old"), kBeginMs, 0).ok());
    ASSERT_TRUE(appender->Commit().ok());
  }
  std::atomic<int> writers{2};
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { WriteRows(memory.head), --writers; });
  threads.emplace_back([&] { WriteBatches(memory.head), --writers; });
  threads.emplace_back([&] {
    while (writers > 0) memory.head.Truncate(INT64_MIN);
  });
  threads.emplace_back([&] {
    while (writers > 0) CheckReader(memory.head);
  });
  while (writers > 0) CheckReader(memory.head);
  threads.clear();
  CheckReader(memory.head);
  EXPECT_EQ(ReadAny(memory.head).size(), 4u);
}

}  // namespace
}  // namespace tocsin::tsdb

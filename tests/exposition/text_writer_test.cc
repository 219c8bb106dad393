#include "exposition/text_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "exposition/parsed_page.h"

namespace tocsin::exposition {
namespace {

TEST(TextWriterTest, PrintsFamiliesAsPrometheusDoes) {
  std::string out;
  TextWriter writer(out);
  writer.WriteHelp("a_total", "Lines\nand \\ and \"quotes\".");
  writer.WriteType("a_total", MetricType::kCounter);
  writer.WriteSample({{"__name__", "a_total"}, {"x", "q\"\\\n"}, {"b", "1"}}, 1.5e9);
  writer.WriteSample({{"__name__", "a_total"}}, 3, -7);
  writer.WriteType("i", MetricType::kInfo);
  EXPECT_EQ(out,
            "# HELP a_total Lines\\nand \\\\ and \"quotes\".\n"
            "# TYPE a_total counter\n"
            "a_total{b=\"1\",x=\"q\\\"\\\\\\n\"} 1.5e+09\n"
            "a_total 3 -7\n"
            "# TYPE i untyped\n");
}

TEST(TextWriterTest, QuotesNamesThatNeedIt) {
  std::string out;
  TextWriter writer(out);
  writer.WriteType("my.metric", MetricType::kGauge);
  writer.WriteSample({{"__name__", "my.metric"}, {"a.b", "c"}, {"d", "e"}}, NAN);
  writer.WriteSample({{"__name__", "my.metric"}}, -INFINITY);
  EXPECT_EQ(out,
            "# TYPE \"my.metric\" gauge\n"
            "{\"my.metric\",\"a.b\"=\"c\",d=\"e\"} NaN\n"
            "{\"my.metric\"} -Inf\n");
}

TEST(TextWriterTest, WhatIsWrittenReadsBack) {
  const Labels labels = {{"__name__", "weird\n\"name\\"}, {"l.\"1", "v\\n\n\""}, {"é", "ü"}};
  std::string out;
  TextWriter(out).WriteSample(labels, 0.1, 5);
  const ParsedPage page = Parse(out);
  EXPECT_EQ(page.error, "");
  ASSERT_EQ(page.labels.size(), 1u);
  EXPECT_EQ(page.labels[0], labels);
  EXPECT_TRUE(page.entries[0].ends_with(" = 0.1 @ 5")) << page.entries[0];
}

}  // namespace
}  // namespace tocsin::exposition

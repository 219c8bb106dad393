#include "scraper/target_metadata.h"

#include <gtest/gtest.h>

namespace tocsin::scraper {
namespace {

TEST(TargetMetadataTest, HelpAndTypeOfAMetricAreOneFamily) {
  MetadataPool pool;
  TargetMetadata metadata(pool);
  const uint32_t index = metadata.SetHelp("a", "help");
  EXPECT_EQ(metadata.SetType("a", MetricType::kCounter), index);
  metadata.SetType("b", MetricType::kGauge);
  metadata.EndPage();
  ASSERT_NE(metadata.Find("a"), nullptr);
  EXPECT_EQ(*metadata.Find("a"), (FamilyMetadata{"a", {MetricType::kCounter, "help", ""}}));
  EXPECT_EQ(metadata.Find("c"), nullptr);
  EXPECT_EQ(metadata.size(), 2u);
  EXPECT_EQ(metadata.text_bytes(), 4u);
  EXPECT_EQ(metadata.List().size(), 2u);
}

TEST(TargetMetadataTest, FamiliesAreForgottenTenPagesAfterTheirLast) {
  MetadataPool pool;
  TargetMetadata metadata(pool);
  const uint32_t kept = metadata.SetHelp("kept", "");
  metadata.SetHelp("gone", "");
  metadata.EndPage();
  for (int page = 0; page < 10; ++page) {
    metadata.Touch(kept);
    EXPECT_NE(metadata.Find("gone"), nullptr) << page;
    metadata.EndPage();
  }
  metadata.Touch(kept);
  metadata.EndPage();
  EXPECT_EQ(metadata.Find("gone"), nullptr);
  EXPECT_NE(metadata.Find("kept"), nullptr);
  EXPECT_EQ(metadata.SetHelp("kept", ""), kept);
}

TEST(MetadataPoolTest, TargetsThatSayTheSameShareIt) {
  MetadataPool pool;
  TargetMetadata first(pool);
  TargetMetadata second(pool);
  for (TargetMetadata* metadata : {&first, &second}) {
    metadata->SetHelp("a", "help");
    metadata->SetType("a", MetricType::kGauge);
  }
  EXPECT_EQ(first.Find("a"), second.Find("a"));
}

TEST(MetadataPoolTest, WhatNobodyHoldsIsSweptAway) {
  MetadataPool pool;
  for (int i = 0; i < 10'000; ++i) pool.Intern({"m" + std::to_string(i), {}});
  EXPECT_LE(pool.size(), 1024u);
}

}  // namespace
}  // namespace tocsin::scraper

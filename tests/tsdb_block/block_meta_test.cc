#include "tsdb/block/block_meta.h"

#include <gtest/gtest.h>

#include "base/faulty_fs.h"

namespace tocsin::tsdb {
namespace {

// As Prometheus 3 writes it.
constexpr char kText[] = R"({
	"ulid": "01DXXFZDYD1MQW6079WK0K6EDQ",
	"minTime": -7200000,
	"maxTime": 7200000,
	"stats": {
		"numSamples": 102,
		"numFloatSamples": 100,
		"numHistogramSamples": 2,
		"numSeries": 51,
		"numChunks": 53,
		"numTombstones": 1
	},
	"compaction": {
		"level": 2,
		"sources": [
			"01DXXFZDYD1MQW6079WK0K6EDQ",
			"01DXXFZDYD1MQW6079WK0K6EDR"
		],
		"deletable": true,
		"parents": [
			{
				"ulid": "01DXXFZDYD1MQW6079WK0K6EDR",
				"minTime": 0,
				"maxTime": 7200000
			}
		],
		"failed": true,
		"hints": [
			"from-out-of-order"
		]
	},
	"version": 1
})";

TEST(BlockMetaTest, AllMembersAreReadAndWrittenByteForByte) {
  const auto meta = ParseBlockMeta(kText);
  ASSERT_TRUE(meta.ok()) << meta.error().message();
  EXPECT_EQ(meta->min_time_ms, -7'200'000);
  EXPECT_EQ(meta->stats.histogram_sample_count, 2u);
  EXPECT_EQ(meta->compaction.sources.size(), 2u);
  EXPECT_TRUE(meta->compaction.HasHint(kFromOutOfOrderHint));
  EXPECT_FALSE(meta->compaction.HasHint(kFromStaleSeriesHint));
  EXPECT_EQ(FormatBlockMeta(*meta), kText);
}

TEST(BlockMetaTest, EmptyOnesLookAsInGo) {
  EXPECT_EQ(FormatBlockMeta(BlockMeta()), R"({
	"ulid": "00000000000000000000000000",
	"minTime": 0,
	"maxTime": 0,
	"stats": {},
	"compaction": {
		"level": 0
	},
	"version": 1
})");
}

TEST(BlockMetaTest, UnknownMembersArePassedOver) {
  const auto meta = ParseBlockMeta(
      R"({"version":1,"ulid":"01DXXFZDYD1MQW6079WK0K6EDQ","minTime":1,"maxTime":2,
          "thanos":{"labels":{"a":"b"},"x":[1,{"y":null}]},"stats":null,
          "compaction":{"level":1,"sources":null,"new":[[]]}})");
  ASSERT_TRUE(meta.ok()) << meta.error().message();
  EXPECT_EQ(meta->max_time_ms, 2);
}

TEST(BlockMetaTest, EveryTruncationIsCorruption) {
  const std::string text = kText;
  for (size_t size = 0; size < text.size(); ++size) {
    const auto meta = ParseBlockMeta(text.substr(0, size));
    ASSERT_FALSE(meta.ok()) << size;
    EXPECT_EQ(meta.error().code(), ErrorCode::kCorruption);
  }
}

TEST(BlockMetaTest, WrongKindsAndVersionsAreCorruption) {
  for (const char* text :
       {"[]", "1", R"({"version":2})", R"({"version":"1"})", R"({})",
        R"({"version":1,"minTime":1.5})", R"({"version":1,"ulid":"x"})",
        R"({"version":1,"stats":[]})", R"({"version":1,"stats":{"numSamples":-1}})",
        R"({"version":1,"compaction":{"sources":[1]}})",
        R"({"version":1,"compaction":{"parents":[{"ulid":1}]}})",
        R"({"version":1,"compaction":{"hints":"x"}})"}) {
    EXPECT_FALSE(ParseBlockMeta(text).ok()) << text;
  }
}

TEST(BlockMetaTest, ACrashWhileReplacingLeavesTheOldOrTheNew) {
  BlockMeta old_meta = *ParseBlockMeta(kText);
  BlockMeta new_meta = old_meta;
  new_meta.stats.tombstone_count = 77;
  for (uint64_t at = 0;; ++at) {
    FaultyFs fs;
    ASSERT_TRUE(fs.CreateDirectories("/b"));
    ASSERT_TRUE(WriteBlockMeta(fs, "/b", old_meta));
    fs.FailAt(at, FaultyFs::Fault::kCrash);
    const bool is_written = WriteBlockMeta(fs, "/b", new_meta).ok();
    for (const auto survival :
         {FaultyFs::Survival::kWritten, FaultyFs::Survival::kSynced, FaultyFs::Survival::kTorn}) {
      const auto after = fs.AfterCrash(survival, at);
      const auto read = ReadBlockMeta(*after, "/b");
      ASSERT_TRUE(read.ok()) << read.error().message();
      EXPECT_TRUE(*read == new_meta || (!is_written && *read == old_meta));
    }
    if (!fs.has_crashed()) break;
  }
}

TEST(BlockMetaTest, ErrorsNameTheFile) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/b"));
  ASSERT_TRUE(fs.WriteFileAtomically("/b/meta.json", "{"));
  const auto read = ReadBlockMeta(fs, "/b");
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message().find("/b/meta.json"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::tsdb

#include "web/tsdb_admin_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/api_test_server.h"

namespace tocsin::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TsdbAdminApiTest : public ::testing::Test {
 protected:
  void AddRoutes(bool is_enabled) {
    ApiRoutes routes(server_.router(), {.cors_origin = {}, .is_ready = {}});
    AddTsdbAdminRoutes(
        routes, {.is_enabled = is_enabled,
                 .delete_series =
                     [this](int64_t start_ms, int64_t end_ms, std::span<const Matcher> matchers) {
                       std::string call = std::to_string(start_ms) + ".." + std::to_string(end_ms);
                       for (const Matcher& matcher : matchers) call += " " + matcher.ToString();
                       calls_.push_back(std::move(call));
                       return outcome_;
                     },
                 .clean_tombstones =
                     [this] {
                       calls_.push_back("clean");
                       return outcome_;
                     },
                 .snapshot = [this](bool with_head) -> Result<std::string> {
                   if (!outcome_) return outcome_.error();
                   return std::string(with_head ? "with head" : "blocks only");
                 },
                 .blocks = [this] { return blocks_; },
                 .quarantined =
                     [] {
                       return std::vector<tsdb::QuarantinedBlock>{{"quarantine/X", "bad magic"}};
                     }});
  }

  ApiTestServer server_;
  std::vector<std::string> calls_;
  Status outcome_;
  std::vector<tsdb::BlockStatus> blocks_;
};

TEST_F(TsdbAdminApiTest, OperationsAreOffUnlessAllowed) {
  AddRoutes(false);
  for (const char* path : {"delete_series?match[]=up", "clean_tombstones", "snapshot"}) {
    const auto response = server_.Post(std::string("/api/v1/admin/tsdb/") + path);
    EXPECT_EQ(response.status, ApiErrorStatus(ApiErrorType::kUnavailable)) << path;
    EXPECT_THAT(response.body, HasSubstr("admin APIs disabled")) << path;
  }
  EXPECT_TRUE(calls_.empty());
}

TEST_F(TsdbAdminApiTest, DeletesWhatEachSelectorMatches) {
  AddRoutes(true);
  EXPECT_EQ(
      server_.Post("/api/v1/admin/tsdb/delete_series?match[]=up&match[]={a=\"b\"}&start=1&end=2")
          .status,
      204);
  EXPECT_THAT(calls_, ElementsAre("1000..2000 __name__=\"up\"", "1000..2000 a=\"b\""));
  EXPECT_THAT(server_.Post("/api/v1/admin/tsdb/delete_series").body,
              HasSubstr("no match[] parameter provided"));
  EXPECT_EQ(server_.Post("/api/v1/admin/tsdb/delete_series?match[]=up&start=x").status, 400);
  outcome_ = Error(ErrorCode::kUnavailable, "disk full");
  const auto failed = server_.Post("/api/v1/admin/tsdb/delete_series?match[]=up");
  EXPECT_EQ(failed.status, 500);
  EXPECT_THAT(failed.body, HasSubstr("disk full"));
}

TEST_F(TsdbAdminApiTest, CleansAndTakesSnapshots) {
  AddRoutes(true);
  EXPECT_EQ(server_.Post("/api/v1/admin/tsdb/clean_tombstones").status, 204);
  EXPECT_THAT(calls_, ElementsAre("clean"));
  EXPECT_EQ(server_.Post("/api/v1/admin/tsdb/snapshot").body, Success(R"({"name":"with head"})"));
  EXPECT_EQ(server_.Post("/api/v1/admin/tsdb/snapshot?skip_head=true").body,
            Success(R"({"name":"blocks only"})"));
  EXPECT_EQ(server_.Post("/api/v1/admin/tsdb/snapshot?skip_head=maybe").status, 400);
}

TEST_F(TsdbAdminApiTest, ShowsBlocks) {
  tsdb::BlockStatus block;
  block.meta.ulid = *tsdb::Ulid::Parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  block.meta.min_time_ms = 0;
  block.meta.max_time_ms = 7'200'000;
  block.meta.stats.sample_count = 3;
  block.meta.compaction.level = 1;
  block.meta.compaction.sources = {block.meta.ulid};
  block.size_bytes = 4096;
  blocks_ = {block};
  AddRoutes(false);
  EXPECT_EQ(server_.Get("/api/v1/status/tsdb/blocks").body,
            Success(R"({"blocks":[{"ulid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","minTime":0,)"
                    R"("maxTime":7200000,"stats":{"numSamples":3},"compaction":{"level":1,)"
                    R"("sources":["01ARZ3NDEKTSV4RRFFQ69G5FAV"]},"version":1,"sizeBytes":4096}],)"
                    R"("quarantined":[{"path":"quarantine/X","reason":"bad magic"}]})"));
}

}  // namespace
}  // namespace tocsin::web

#include "alertmanager/silences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alertmanager/harness.h"
#include "base/faulty_fs.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SilencesTest : public testing::Test {
 protected:
  SilencesTest() { Open({}); }

  void Open(SilencesOptions options) {
    EXPECT_TRUE(fs_.CreateDirectories("/d"));
    state_ = std::make_unique<DurableState>(fs_, logger_, "/d/silences");
    silences_ = std::make_unique<Silences>(clock_, *state_, options, [this] {
      return fmt::format("00000000-0000-4000-8000-{:012}", ++ids_);
    });
    EXPECT_TRUE(silences_->Load());
  }
  struct Silence Make(int64_t start_ms, int64_t end_ms, const char* value = "1") {
    struct Silence silence;
    silence.matcher_sets = {{*MakeSilenceMatcher(MatchType::kEqual, "a", value)}};
    silence.starts_at_ns = (kStartMs + start_ms) * 1'000'000;
    silence.ends_at_ns = (kStartMs + end_ms) * 1'000'000;
    silence.created_by = "me";
    return silence;
  }
  std::string Set(struct Silence silence) {
    const auto id = silences_->Set(std::move(silence));
    EXPECT_TRUE(id) << id.error().message();
    return id ? *id : "";
  }
  SilenceState StateOf(const std::string& id) {
    return silences_->Find(id)->StateAt(clock_.NowNs());
  }

  FaultyFs fs_;
  NullLogger logger_;
  ManualClock clock_{kStartMs};
  int ids_ = 0;
  std::unique_ptr<DurableState> state_;
  std::unique_ptr<Silences> silences_;
};

TEST_F(SilencesTest, StatesFollowTheClockWithBothEndsActive) {
  const std::string id = Set(Make(10, 20));
  EXPECT_EQ(StateOf(id), SilenceState::kPending);
  clock_.AdvanceMs(10);
  EXPECT_EQ(StateOf(id), SilenceState::kActive);
  clock_.AdvanceMs(10);
  EXPECT_EQ(StateOf(id), SilenceState::kActive);
  clock_.AdvanceMs(1);
  EXPECT_EQ(StateOf(id), SilenceState::kExpired);
}

TEST_F(SilencesTest, ActiveSilenceKeepsItsIdWhenOnlyEndOrTextChange) {
  const std::string id = Set(Make(0, kHour));
  clock_.AdvanceMs(kMinute);
  struct Silence changed = *silences_->Find(id);
  changed.ends_at_ns += 1'000'000'000;
  changed.comment = "longer";
  EXPECT_EQ(Set(changed), id);
  EXPECT_EQ(silences_->Find(id)->comment, "longer");
  changed.starts_at_ns += 999'999'999;  // The same second.
  EXPECT_EQ(Set(changed), id);
}

TEST_F(SilencesTest, OtherStartOrMatchersOfAnActiveSilenceMakeANewOne) {
  for (const bool changes_matcher : {true, false}) {
    const std::string id = Set(Make(0, kHour));
    clock_.AdvanceMs(kMinute);
    struct Silence changed = *silences_->Find(id);
    if (changes_matcher) {
      changed.matcher_sets[0].push_back(*MakeSilenceMatcher(MatchType::kEqual, "b", "2"));
    } else {
      changed.starts_at_ns -= 2'000'000'000;
    }
    const std::string next = Set(changed);
    EXPECT_NE(next, id);
    clock_.AdvanceMs(1);
    EXPECT_EQ(StateOf(id), SilenceState::kExpired);
    EXPECT_EQ(StateOf(next), SilenceState::kActive);
  }
}

TEST_F(SilencesTest, OrderOfMatchersMatters) {
  struct Silence silence = Make(0, kHour);
  silence.matcher_sets[0].push_back(*MakeSilenceMatcher(MatchType::kEqual, "b", "2"));
  const std::string id = Set(silence);
  struct Silence changed = *silences_->Find(id);
  std::swap(changed.matcher_sets[0][0], changed.matcher_sets[0][1]);
  EXPECT_NE(Set(changed), id);
}

TEST_F(SilencesTest, PendingSilenceMayMoveIntoTheFutureOnly) {
  const std::string id = Set(Make(kHour, 2 * kHour));
  struct Silence changed = *silences_->Find(id);
  changed.starts_at_ns += 60'000'000'000;
  EXPECT_EQ(Set(changed), id);
  changed.starts_at_ns = (kStartMs - kMinute) * 1'000'000;
  EXPECT_NE(Set(changed), id);
}

TEST_F(SilencesTest, ExpiredSilenceIsAlwaysRecreated) {
  const std::string id = Set(Make(0, kMinute));
  clock_.AdvanceMs(2 * kMinute);
  struct Silence again = *silences_->Find(id);
  again.ends_at_ns = (kStartMs + kHour) * 1'000'000;
  EXPECT_NE(Set(again), id);
}

TEST_F(SilencesTest, ExpireEndsActiveAndPendingNow) {
  const std::string active = Set(Make(0, kHour));
  const std::string pending = Set(Make(kHour, 2 * kHour));
  clock_.AdvanceMs(kMinute);
  ASSERT_TRUE(silences_->Expire(active));
  ASSERT_TRUE(silences_->Expire(pending));
  const int64_t now_ns = clock_.NowNs();
  EXPECT_EQ(silences_->Find(active)->ends_at_ns, now_ns);
  EXPECT_EQ(silences_->Find(pending)->starts_at_ns, now_ns);
  EXPECT_EQ(silences_->Find(pending)->ends_at_ns, now_ns);
  clock_.AdvanceMs(1);
  EXPECT_TRUE(silences_->Expire(active));
  EXPECT_EQ(silences_->Find(active)->ends_at_ns, now_ns);
  EXPECT_EQ(silences_->Expire("no such").error().code(), ErrorCode::kNotFound);
}

TEST_F(SilencesTest, NegativeMatcherAloneIsAllowed) {
  struct Silence silence = Make(0, kHour);
  silence.matcher_sets = {{*MakeSilenceMatcher(MatchType::kNotEqual, "a", "1")}};
  EXPECT_TRUE(silences_->Set(silence));
  silence.matcher_sets = {{*MakeSilenceMatcher(MatchType::kEqual, "a", "")}};
  EXPECT_EQ(silences_->Set(silence).error().message(),
            "invalid silence: at least one matcher must not match the empty string");
  silence.matcher_sets = {{}};
  EXPECT_EQ(silences_->Set(silence).error().message(),
            "invalid silence: at least one matcher required");
}

TEST_F(SilencesTest, LimitsRefuseButLetUpdatesThrough) {
  Open({.max_silences = 1, .max_silence_size_bytes = 300});
  const std::string id = Set(Make(0, kHour));
  EXPECT_EQ(silences_->Set(Make(0, kHour)).error().message(),
            "exceeded maximum number of silences: 1 (limit: 1)");
  struct Silence changed = *silences_->Find(id);
  changed.comment = "in place";
  EXPECT_EQ(Set(changed), id);
  changed.comment = std::string(300, 'x');
  EXPECT_THAT(silences_->Set(changed).error().message(),
              testing::StartsWith("silence exceeded maximum size: "));
}

TEST_F(SilencesTest, MaintenanceForgetsAfterTheRetention) {
  Open({.retention_ms = kHour});
  const std::string id = Set(Make(0, kMinute));
  clock_.AdvanceMs(kMinute + kHour - 1);
  ASSERT_TRUE(silences_->Maintain());
  EXPECT_TRUE(silences_->Find(id));
  clock_.AdvanceMs(1);
  ASSERT_TRUE(silences_->Maintain());
  EXPECT_FALSE(silences_->Find(id));
  Open({});
  EXPECT_THAT(silences_->List(), IsEmpty());
}

TEST_F(SilencesTest, EachSetMutesOnItsOwn) {
  struct Silence silence = Make(0, kHour);
  silence.matcher_sets.push_back({*MakeSilenceMatcher(MatchType::kRegex, "b", "x.*")});
  const std::string id = Set(silence);
  EXPECT_THAT(silences_->SilencedBy(ParseLabels("a=1")), ElementsAre(id));
  EXPECT_THAT(silences_->SilencedBy(ParseLabels("b=xy")), ElementsAre(id));
  EXPECT_THAT(silences_->SilencedBy(ParseLabels("b=yx")), IsEmpty());
}

TEST_F(SilencesTest, FileIsReadBackAfterMaintenanceAndFromTheJournal) {
  const std::string kept = Set(Make(0, kHour));
  ASSERT_TRUE(silences_->Maintain());
  const std::string added = Set(Make(0, kHour, "2"));
  ASSERT_TRUE(silences_->Expire(kept));
  Open({});
  clock_.AdvanceMs(1);
  EXPECT_EQ(StateOf(kept), SilenceState::kExpired);
  EXPECT_EQ(StateOf(added), SilenceState::kActive);
}

TEST(UuidTest, RandomOnesHaveTheFormAndDiffer) {
  EXPECT_TRUE(IsUuid(MakeRandomUuid()));
  EXPECT_NE(MakeRandomUuid(), MakeRandomUuid());
  EXPECT_EQ(MakeRandomUuid()[14], '4');
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("8d0ba5f5-9b2e-4b9e-8f0e-00000000000"));
  EXPECT_FALSE(IsUuid("8d0ba5f5-9b2e-4b9e-8f0e-00000000000g"));
  EXPECT_FALSE(IsUuid("8d0ba5f5x9b2e-4b9e-8f0e-000000000000"));
}

}  // namespace
}  // namespace tocsin::alertmanager

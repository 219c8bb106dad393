#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include "base/cancel.h"
#include "base/digest.h"

namespace tocsin {
namespace {

TEST(MemoryBudgetTest, RefusesPastItsLimitAndTakesNothing) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.Take(60).ok());
  EXPECT_FALSE(budget.Take(41).ok());
  EXPECT_EQ(budget.used_bytes(), 60u);
  budget.Release(60);
  EXPECT_TRUE(budget.Take(100).ok());
}

TEST(MemoryBudgetTest, ChildTakesFromParentAndGivesBackAtItsEnd) {
  MemoryBudget all(100);
  {
    MemoryBudget one(0, &all);
    EXPECT_TRUE(one.Take(80).ok());
    EXPECT_FALSE(one.Take(30).ok());
    EXPECT_EQ(one.used_bytes(), 80u);
    EXPECT_EQ(all.used_bytes(), 80u);
  }
  EXPECT_EQ(all.used_bytes(), 0u);
}

TEST(CancelTokenTest, TellsCancelFromTimeout) {
  ManualClock clock(1);
  CancelToken timed(clock, clock.MonotonicNs() + 1'000'000);
  EXPECT_TRUE(timed.Check().ok());
  clock.AdvanceMs(1);
  EXPECT_EQ(timed.Check().error().code(), ErrorCode::kTimeout);
  timed.Cancel();
  EXPECT_EQ(timed.Check().error().code(), ErrorCode::kCanceled);
}

TEST(DigestTest, MatchesPublishedVectors) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto md5 = Md5("abc");
  EXPECT_EQ(HexEncode({reinterpret_cast<const char*>(md5.data()), md5.size()}),
            "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace tocsin

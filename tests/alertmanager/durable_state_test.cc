#include "alertmanager/durable_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "alertmanager/harness.h"
#include "base/faulty_fs.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What Load hands over.
struct Loaded {
  std::string snapshot;
  std::vector<std::string> records;
};

class DurableStateTest : public testing::Test {
 protected:
  std::unique_ptr<DurableState> Open() {
    return std::make_unique<DurableState>(fs_, logger_, directory_.path() + "/state");
  }
  static Loaded Load(DurableState& state) {
    Loaded loaded;
    const auto status = state.Load(
        [&](std::string_view snapshot) -> Status {
          if (snapshot == "bad") return Error(ErrorCode::kCorruption, "bad");
          loaded.snapshot = snapshot;
          return {};
        },
        [&](std::string_view record) -> Status {
          loaded.records.emplace_back(record);
          return {};
        });
    EXPECT_TRUE(status);
    return loaded;
  }
  std::string JournalPath() const { return directory_.path() + "/state.journal"; }

  TempDirectory directory_;
  PosixFs fs_;
  NullLogger logger_;
};

TEST_F(DurableStateTest, NothingThereIsFine) {
  auto state = Open();
  const Loaded loaded = Load(*state);
  EXPECT_EQ(loaded.snapshot, "");
  EXPECT_THAT(loaded.records, IsEmpty());
}

TEST_F(DurableStateTest, RecordsComeBackInOrder) {
  {
    auto state = Open();
    Load(*state);
    ASSERT_TRUE(state->Append("one", DurableState::Sync::kNow));
    ASSERT_TRUE(state->Append("", DurableState::Sync::kLater));
    ASSERT_TRUE(state->Append("three", DurableState::Sync::kNow));
  }
  auto state = Open();
  EXPECT_THAT(Load(*state).records, ElementsAre("one", "", "three"));
  ASSERT_TRUE(state->Append("four", DurableState::Sync::kNow));
  auto again = Open();
  EXPECT_THAT(Load(*again).records, ElementsAre("one", "", "three", "four"));
}

TEST_F(DurableStateTest, FoldReplacesTheSnapshotAndEmptiesTheJournal) {
  auto state = Open();
  Load(*state);
  ASSERT_TRUE(state->Append("one", DurableState::Sync::kNow));
  ASSERT_TRUE(state->Fold([] { return std::string("all"); }));
  EXPECT_EQ(state->journal_bytes(), 0u);
  EXPECT_EQ(state->snapshot_bytes(), 3u);
  ASSERT_TRUE(state->Append("two", DurableState::Sync::kNow));
  auto again = Open();
  const Loaded loaded = Load(*again);
  EXPECT_EQ(loaded.snapshot, "all");
  EXPECT_THAT(loaded.records, ElementsAre("two"));
}

TEST_F(DurableStateTest, JournalTornAtAnyByteKeepsTheRecordsBefore) {
  auto state = Open();
  Load(*state);
  ASSERT_TRUE(state->Append("first", DurableState::Sync::kNow));
  const uint64_t first_end = state->journal_bytes();
  ASSERT_TRUE(state->Append("second", DurableState::Sync::kNow));
  const std::string whole = *fs_.ReadFile(JournalPath());
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(fs_.WriteFileAtomically(JournalPath(), whole.substr(0, size)));
    auto torn = Open();
    const auto records = Load(*torn).records;
    EXPECT_EQ(records.size(), size >= first_end ? 1u : 0u) << size;
    // What comes after a torn end is readable again.
    ASSERT_TRUE(torn->Append("next", DurableState::Sync::kNow));
    auto again = Open();
    EXPECT_EQ(Load(*again).records.back(), "next");
  }
}

TEST_F(DurableStateTest, FlippedBitsAreNeverTakenForARecord) {
  auto state = Open();
  Load(*state);
  ASSERT_TRUE(state->Append("first", DurableState::Sync::kNow));
  ASSERT_TRUE(state->Append("second", DurableState::Sync::kNow));
  const std::string whole = *fs_.ReadFile(JournalPath());
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    ASSERT_TRUE(fs_.WriteFileAtomically(JournalPath(), flipped));
    auto broken = Open();
    for (const std::string& record : Load(*broken).records) {
      EXPECT_TRUE(record == "first" || record == "second") << record;
    }
  }
}

TEST_F(DurableStateTest, SnapshotThatIsRefusedIsSetAside) {
  ASSERT_TRUE(fs_.WriteFileAtomically(directory_.path() + "/state", "bad"));
  auto state = Open();
  EXPECT_EQ(Load(*state).snapshot, "");
  EXPECT_FALSE(fs_.Exists(directory_.path() + "/state"));
  EXPECT_EQ(*fs_.ReadFile(directory_.path() + "/state.corrupt"), "bad");
}

TEST_F(DurableStateTest, FullDiskLeavesTheJournalReadable) {
  FaultyFs fs;
  ASSERT_TRUE(fs.CreateDirectories("/d"));
  {
    DurableState state(fs, logger_, "/d/state");
    Load(state);
    ASSERT_TRUE(state.Append("one", DurableState::Sync::kNow));
    fs.FailAt(0, FaultyFs::Fault::kNoSpace);
    EXPECT_FALSE(state.Append("lost", DurableState::Sync::kNow));
    ASSERT_TRUE(state.Append("two", DurableState::Sync::kNow));
  }
  DurableState again(fs, logger_, "/d/state");
  EXPECT_THAT(Load(again).records, ElementsAre("one", "two"));
}

/// Appends r0, r1, … with a Fold in the middle, as far as the disk lets it; returns what was
/// acknowledged.
std::vector<std::string> RunScenario(Fs& fs, Logger& logger) {
  DurableState state(fs, logger, "/d/state");
  std::vector<std::string> acknowledged;
  const auto ignore = [](std::string_view) -> Status { return {}; };
  if (!state.Load(ignore, ignore)) return acknowledged;
  for (int i = 0; i < 6; ++i) {
    const std::string record = "r" + std::to_string(i);
    if (state.Append(record, DurableState::Sync::kNow)) acknowledged.push_back(record);
    if (i != 2) continue;
    (void)state.Fold([&] {
      std::string snapshot;
      for (const std::string& known : acknowledged) snapshot += known + ",";
      return snapshot;
    });
  }
  return acknowledged;
}

TEST_F(DurableStateTest, CrashAtAnyWriteKeepsWhatWasAcknowledged) {
  FaultyFs healthy;
  ASSERT_TRUE(healthy.CreateDirectories("/d"));
  const uint64_t before = healthy.write_operations();
  EXPECT_EQ(RunScenario(healthy, logger_).size(), 6u);
  const uint64_t operations = healthy.write_operations() - before;
  for (uint64_t nth = 0; nth < operations; ++nth) {
    for (const auto survival :
         {FaultyFs::Survival::kWritten, FaultyFs::Survival::kSynced, FaultyFs::Survival::kTorn}) {
      FaultyFs fs;
      ASSERT_TRUE(fs.CreateDirectories("/d"));
      fs.FailAt(nth, FaultyFs::Fault::kCrash);
      const auto acknowledged = RunScenario(fs, logger_);
      const auto disk = fs.AfterCrash(survival, nth);
      DurableState state(*disk, logger_, "/d/state");
      const Loaded loaded = Load(state);
      std::string known = loaded.snapshot;
      for (const std::string& record : loaded.records) known += record + ",";
      for (const std::string& record : acknowledged) {
        EXPECT_THAT(known, testing::HasSubstr(record + ",")) << "crash at write " << nth;
      }
    }
  }
}

}  // namespace
}  // namespace tocsin::alertmanager

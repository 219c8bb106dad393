#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/mutex.h"
#include "discovery/file_watcher.h"

namespace tocsin::discovery {
namespace {

/// Counts calls and lets a test wait for the next.
class CallCounter {
 public:
  void Call() {
    MutexLock lock(mutex_);
    ++calls_;
    changed_.notify_all();
  }
  /// False when nothing comes within ten seconds.
  bool WaitForMoreThan(int calls) {
    MutexLock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (calls_ <= calls) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) return false;
    }
    return true;
  }
  int calls() {
    MutexLock lock(mutex_);
    return calls_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int calls_ = 0;
};

class InotifyWatcherTest : public testing::Test {
 protected:
  InotifyWatcherTest()
      : directory_(testing::TempDir() + "inotify_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~InotifyWatcherTest() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name) { std::ofstream(directory_ + "/" + name) << "x"; }

  const std::string directory_;
  CallCounter counter_;
};

TEST_F(InotifyWatcherTest, TellsOfWritesMovesAndRemovals) {
  auto watcher = MakeInotifyWatcher();
  ASSERT_TRUE(watcher.ok());
  ASSERT_TRUE((*watcher)->Watch(directory_, [this] { counter_.Call(); }).ok());
  Write("a");
  ASSERT_TRUE(counter_.WaitForMoreThan(0));
  int before = counter_.calls();
  std::filesystem::rename(directory_ + "/a", directory_ + "/b");
  ASSERT_TRUE(counter_.WaitForMoreThan(before));
  before = counter_.calls();
  std::filesystem::remove(directory_ + "/b");
  ASSERT_TRUE(counter_.WaitForMoreThan(before));
}

TEST_F(InotifyWatcherTest, WatchesOfOneDirectoryAreIndependent) {
  auto watcher = MakeInotifyWatcher();
  ASSERT_TRUE(watcher.ok());
  CallCounter other;
  const auto first = (*watcher)->Watch(directory_, [&other] { other.Call(); });
  ASSERT_TRUE((*watcher)->Watch(directory_, [this] { counter_.Call(); }).ok());
  (*watcher)->Unwatch(*first);
  Write("a");
  ASSERT_TRUE(counter_.WaitForMoreThan(0));
  EXPECT_EQ(other.calls(), 0);
}

TEST_F(InotifyWatcherTest, AMissingDirectoryIsAnError) {
  auto watcher = MakeInotifyWatcher();
  ASSERT_TRUE(watcher.ok());
  const auto id = (*watcher)->Watch(directory_ + "/missing", [] {});
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(id.error().message(),
            "cannot watch " + directory_ + "/missing: No such file or directory");
}

}  // namespace
}  // namespace tocsin::discovery

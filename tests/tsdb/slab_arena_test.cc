#include "tsdb/slab_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include "tsdb/arena_list.h"

namespace tocsin::tsdb {
namespace {

TEST(SlabArenaTest, PiecesKeepTheirContentsWhileOthersComeAndGo) {
  std::mt19937_64 random(5);
  SlabArena arena;
  std::map<ArenaHandle, std::string> pieces;
  for (int step = 0; step < 20'000; ++step) {
    SlabArena::Session session(arena);
    if (random() % 2 == 0 || pieces.empty()) {
      const size_t size = 1 + random() % (random() % 100 == 0 ? 200'000 : 600);
      const ArenaHandle handle = session.Allocate(size);
      ASSERT_NE(handle, 0u);
      ASSERT_GE(arena.Capacity(handle), size);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(arena.Get(handle)) % 8, 0u);
      const std::string text(size, static_cast<char>(random()));
      std::memcpy(arena.Get(handle), text.data(), size);
      ASSERT_TRUE(pieces.emplace(handle, text).second);
    } else {
      const auto at = std::next(pieces.begin(), static_cast<ptrdiff_t>(random() % pieces.size()));
      ASSERT_EQ(std::string_view(arena.Get(at->first), at->second.size()), at->second);
      session.Free(at->first);
      pieces.erase(at);
    }
  }
  for (const auto& [handle, text] : pieces) {
    SlabArena::Session session(arena);
    EXPECT_EQ(std::string_view(arena.Get(handle), text.size()), text);
    session.Free(handle);
  }
  EXPECT_EQ(arena.used_bytes(), 0u);
  EXPECT_EQ(arena.reserved_bytes(), 0u);
}

TEST(SlabArenaTest, SizesAreRoundedUpByAQuarterAtMost) {
  for (size_t size = 1; size < 10'000; ++size) {
    EXPECT_GE(SlabArena::RoundUp(size), size);
    EXPECT_LE(SlabArena::RoundUp(size), std::max(size + 7, size + size / 4));
  }
}

TEST(ArenaListTest, PushAndRemoveFrontAgreeWithAVector) {
  std::mt19937_64 random(9);
  SlabArena arena;
  ArenaHandle list = 0;
  std::vector<int64_t> model;
  for (int step = 0; step < 3000; ++step) {
    SlabArena::Session session(arena);
    if (random() % 50 == 0) {
      const size_t removed = random() % (model.size() + 1);
      ArenaListRemoveFront<int64_t>(arena, session, list, removed);
      model.erase(model.begin(), model.begin() + static_cast<ptrdiff_t>(removed));
    } else {
      ArenaListPush<int64_t>(arena, session, list, step);
      model.push_back(step);
    }
    const auto values = ArenaList<int64_t>(arena, list);
    ASSERT_TRUE(std::ranges::equal(values, model));
    ASSERT_EQ(list == 0, model.empty());
  }
}

}  // namespace
}  // namespace tocsin::tsdb

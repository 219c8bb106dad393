#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "tsdb/slab_arena.h"

namespace tocsin::tsdb {

// A growing list of plain values in one arena piece: eight bytes of count, then the values. An
// empty list is handle 0. The owner of the handle guards it.

template <typename T>
std::span<T> ArenaList(const SlabArena& arena, ArenaHandle list) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);
  if (list == 0) return {};
  char* const piece = arena.Get(list);
  uint64_t count;
  std::memcpy(&count, piece, sizeof(count));
  return {reinterpret_cast<T*>(piece + sizeof(count)), static_cast<size_t>(count)};
}

template <typename T>
void ArenaListPush(SlabArena& arena, SlabArena::Session& session, ArenaHandle& list,
                   const T& value) {
  const std::span<T> old = ArenaList<T>(arena, list);
  const uint64_t count = old.size() + 1;
  const size_t wanted_bytes = sizeof(count) + count * sizeof(T);
  if (list == 0 || wanted_bytes > arena.Capacity(list)) {
    // Half as much again: lists are long-lived and many, copies are short.
    const size_t room = old.size() < 2 ? count : count + count / 2;
    const ArenaHandle grown = session.Allocate(sizeof(count) + room * sizeof(T));
    if (!old.empty()) std::memcpy(arena.Get(grown) + sizeof(count), old.data(), old.size_bytes());
    session.Free(list);
    list = grown;
  }
  char* const piece = arena.Get(list);
  std::memcpy(piece, &count, sizeof(count));
  std::memcpy(piece + sizeof(count) + old.size() * sizeof(T), &value, sizeof(T));
}

/// Removes the first `removed` values; a list that becomes empty is freed.
template <typename T>
void ArenaListRemoveFront(SlabArena& arena, SlabArena::Session& session, ArenaHandle& list,
                          size_t removed) {
  if (removed == 0) return;
  const std::span<T> values = ArenaList<T>(arena, list);
  const uint64_t count = values.size() - removed;
  if (count == 0) {
    session.Free(list);
    list = 0;
    return;
  }
  const size_t needed_bytes = sizeof(count) + count * sizeof(T);
  ArenaHandle target = list;
  // A piece that is mostly unused is given back: one long batch must not cost its peak for ever.
  if (needed_bytes * 4 <= arena.Capacity(list)) target = session.Allocate(needed_bytes);
  std::memmove(arena.Get(target) + sizeof(count), values.data() + removed, count * sizeof(T));
  std::memcpy(arena.Get(target), &count, sizeof(count));
  if (target != list) session.Free(list);
  list = target;
}

}  // namespace tocsin::tsdb

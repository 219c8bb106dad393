#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tocsin::promql {

// Presence: one bit a step says whether a series has a value there. Bits beyond the last step are
// 0.

inline constexpr size_t kStepsPerWord = 64;

constexpr size_t PresenceWords(size_t steps) { return (steps + kStepsPerWord - 1) / kStepsPerWord; }

inline bool IsPresent(const uint64_t* present, size_t step) {
  return (present[step / kStepsPerWord] >> (step % kStepsPerWord)) & 1;
}
inline void SetPresent(uint64_t* present, size_t step) {
  present[step / kStepsPerWord] |= uint64_t{1} << (step % kStepsPerWord);
}
inline void ClearPresent(uint64_t* present, size_t step) {
  present[step / kStepsPerWord] &= ~(uint64_t{1} << (step % kStepsPerWord));
}

/// The bits of word `word` that stand for steps.
inline uint64_t FullWord(size_t steps, size_t word) {
  const size_t rest = steps - word * kStepsPerWord;
  return rest >= kStepsPerWord ? ~uint64_t{0} : (uint64_t{1} << rest) - 1;
}
inline void SetAllPresent(uint64_t* present, size_t steps) {
  for (size_t w = 0; w < PresenceWords(steps); ++w) present[w] = FullWord(steps, w);
}
inline bool AllPresent(const uint64_t* present, size_t steps) {
  for (size_t w = 0; w < PresenceWords(steps); ++w) {
    if (present[w] != FullWord(steps, w)) return false;
  }
  return true;
}
inline bool AnyPresent(const uint64_t* present, size_t words) {
  return std::any_of(present, present + words, [](uint64_t word) { return word != 0; });
}
inline size_t CountPresent(const uint64_t* present, size_t words) {
  size_t count = 0;
  for (size_t w = 0; w < words; ++w) count += static_cast<size_t>(std::popcount(present[w]));
  return count;
}

/// Calls `visit(step)` for each present step, in order.
template <typename Visit>
void ForEachPresent(const uint64_t* present, size_t words, Visit visit) {
  for (size_t w = 0; w < words; ++w) {
    for (uint64_t bits = present[w]; bits != 0; bits &= bits - 1) {
      visit(w * kStepsPerWord + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
}

}  // namespace tocsin::promql

#include <algorithm>
#include <cmath>
#include <functional>

#include "promql/window_functions.h"

namespace tocsin::promql {
namespace {

// Up to this many samples a window is simply scanned; beyond, a queue of candidates makes each
// sample cost the same however many windows it is in.
constexpr uint32_t kScannedSamples = 16;

/// The index of the extreme value of a window: `beats(candidate, best)` replaces the best one. NaN
/// loses against everything.
template <typename Beats>
uint32_t ScanExtreme(const WindowInput& input, size_t step, Beats beats) {
  uint32_t best = input.first[step];
  for (uint32_t i = best; i < input.last[step]; ++i) {
    if (beats(input.values[i], input.values[best]) || std::isnan(input.values[best])) best = i;
  }
  return best;
}

/// The same for windows that move forward. The queue holds the indexes of values that may still
/// become the extreme one, the best first.
template <typename Beats>
class MovingExtreme {
 public:
  MovingExtreme(const WindowInput& input, Beats beats, std::vector<uint32_t>& queue)
      : input_(input), beats_(beats), queue_(queue) {
    queue_.clear();
  }

  uint32_t At(size_t step) {
    for (next_ = std::max(next_, input_.first[step]); next_ < input_.last[step]; ++next_) {
      Push(next_);
    }
    while (head_ < queue_.size() && queue_[head_] < input_.first[step]) ++head_;
    // Only NaNs: the scan leaves the last of them, but one NaN is as good as another.
    return head_ < queue_.size() ? queue_[head_] : input_.last[step] - 1;
  }

 private:
  void Push(uint32_t index) {
    const double value = input_.values[index];
    if (std::isnan(value)) return;
    while (queue_.size() > head_ && beats_(value, input_.values[queue_.back()])) queue_.pop_back();
    queue_.push_back(index);
  }

  const WindowInput& input_;
  const Beats beats_;
  std::vector<uint32_t>& queue_;
  size_t head_ = 0;
  uint32_t next_ = 0;
};

template <typename Beats, typename ResultOf>
Status Extreme(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
               Beats beats, ResultOf result_of) {
  NoteIgnoredHistograms(input, state);
  const size_t middle = input.steps() / 2;
  if (input.FloatsAt(middle) <= kScannedSamples) {
    FillFloats(input, out, row, 1,
               [&](size_t step) { return result_of(ScanExtreme(input, step, beats)); });
    return {};
  }
  MovingExtreme<Beats> extreme(input, beats, state.indexes);
  FillFloats(input, out, row, 1, [&](size_t step) { return result_of(extreme.At(step)); });
  return {};
}

template <typename Beats>
Status ExtremeValue(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                    Beats beats) {
  return Extreme(input, out, row, state, beats,
                 [&](uint32_t index) { return input.values[index]; });
}

/// Of equal values the last one counts.
template <typename Beats>
Status ExtremeTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state,
                   Beats beats) {
  return Extreme(input, out, row, state, beats, [&](uint32_t index) {
    return static_cast<double>(input.timestamps_ms[index]) / 1000;
  });
}

}  // namespace

Status MinOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtremeValue(input, out, row, state, std::less<>());
}

Status MaxOverTime(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtremeValue(input, out, row, state, std::greater<>());
}

Status TimeOfMin(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtremeTime(input, out, row, state, std::less_equal<>());
}

Status TimeOfMax(const WindowInput& input, const GridView& out, size_t row, BatchState& state) {
  return ExtremeTime(input, out, row, state, std::greater_equal<>());
}

}  // namespace tocsin::promql

#pragma once

#include <cmath>

namespace tocsin::promql {

/// A sum with Neumaier's compensation. Upstream adds the same way, so the bits agree.
struct KahanSum {
  double sum = 0;
  double compensation = 0;

  void Add(double value) {
    const double total = sum + value;
    if (std::isinf(total)) {
      compensation = 0;
    } else if (std::abs(sum) >= std::abs(value)) {
      compensation += (sum - total) + value;
    } else {
      compensation += (value - total) + sum;
    }
    sum = total;
  }
  double value() const { return sum + compensation; }
};

}  // namespace tocsin::promql

#include "base/memory_budget.h"

namespace tocsin {

Status MemoryBudget::Take(uint64_t bytes) {
  const uint64_t used = used_bytes_.fetch_add(bytes) + bytes;
  if (limit_bytes_ != 0 && used > limit_bytes_) {
    used_bytes_.fetch_sub(bytes);
    return Errorf(ErrorCode::kTooLarge, "memory budget exceeded: {} of {} bytes in use, {} wanted",
                  used - bytes, limit_bytes_, bytes);
  }
  if (parent_ != nullptr) {
    if (Status status = parent_->Take(bytes); !status) {
      used_bytes_.fetch_sub(bytes);
      return status;
    }
  }
  return {};
}

void MemoryBudget::Release(uint64_t bytes) {
  used_bytes_.fetch_sub(bytes);
  if (parent_ != nullptr) parent_->Release(bytes);
}

}  // namespace tocsin

#include "remote/wire_reader.h"

#include <bit>

static_assert(std::endian::native == std::endian::little, "doubles are read as they lie");

namespace tocsin::remote {

uint64_t WireReader::ReadLongVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) return Fail(Failure::kTruncated, "");
    const auto byte = static_cast<uint8_t>(*at_++);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return Fail(Failure::kOverflow, "");
}

void WireReader::Skip() {
  switch (static_cast<WireType>(type_)) {
    case WireType::kVarint:
      ReadVarint();
      return;
    case WireType::kFixed64:
      ReadDouble();
      return;
    case WireType::kBytes:
      ReadBytes();
      return;
    case WireType::kFixed32:
      if (end_ - at_ < 4) {
        Fail(Failure::kTruncated, "");
      } else {
        at_ += 4;
      }
      return;
  }
  Fail(Failure::kIllegalTag, "");
}

Status WireReader::status() const {
  switch (failure_) {
    case Failure::kNone:
      return {};
    case Failure::kTruncated:
      return Error(ErrorCode::kInvalidArgument, "unexpected EOF");
    case Failure::kOverflow:
      return Error(ErrorCode::kInvalidArgument, "proto: integer overflow");
    case Failure::kIllegalTag:
      return Errorf(ErrorCode::kInvalidArgument, "proto: illegal tag {} (wire type {})", field_,
                    failed_type_);
    case Failure::kWrongType:
      return Errorf(ErrorCode::kInvalidArgument, "proto: wrong wireType = {} for field {}",
                    failed_type_, failed_name_);
  }
  return {};
}

}  // namespace tocsin::remote

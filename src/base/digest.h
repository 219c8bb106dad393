#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

std::array<uint8_t, 16> Md5(std::string_view bytes);
std::array<uint8_t, 32> Sha256(std::string_view bytes);
/// Lower-case hexadecimal of Sha256.
std::string Sha256Hex(std::string_view bytes);
/// Lower-case hexadecimal of any bytes.
std::string HexEncode(std::string_view bytes);

}  // namespace tocsin

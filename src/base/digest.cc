#include "base/digest.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace tocsin {

namespace {

template <size_t kSize>
std::array<uint8_t, kSize> Digest(std::string_view bytes, const EVP_MD* algorithm) {
  std::array<uint8_t, kSize> result{};
  const int ok = EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, algorithm, nullptr);
  CHECK(ok == 1, "the default provider of OpenSSL has MD5 and SHA-256");
  return result;
}

}  // namespace

std::array<uint8_t, 16> Md5(std::string_view bytes) { return Digest<16>(bytes, EVP_md5()); }

std::array<uint8_t, 32> Sha256(std::string_view bytes) { return Digest<32>(bytes, EVP_sha256()); }

std::string Sha256Hex(std::string_view bytes) {
  const auto digest = Sha256(bytes);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string HexEncode(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  result.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    result.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    result.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return result;
}

}  // namespace tocsin

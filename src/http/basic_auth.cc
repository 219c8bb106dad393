#include "http/basic_auth.h"

#include <crypt.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace tocsin::http {
namespace {

// As many as upstream remembers; more than real installations have users.
constexpr size_t kMaxRemembered = 100;
// Compared against when the user is unknown, so that names cannot be found by timing; cost 10 as
// usual.
constexpr char kUnknownUserHash[] = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

std::string Sha256(std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             EVP_sha256(), nullptr);
  digest.resize(size);
  return digest;
}

bool MatchesBcrypt(const std::string& password, const std::string& hash) {
  const auto scratch = std::make_unique<crypt_data>();  // 32 KB: too much for the stack.
  const char* computed = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  if (computed == nullptr) return false;
  const std::string_view text = computed;
  // Constant time in the content.
  unsigned char difference = text.size() == hash.size() ? 0 : 1;
  for (size_t i = 0; i < std::min(text.size(), hash.size()); ++i) {
    difference |= static_cast<unsigned char>(text[i] ^ hash[i]);
  }
  return difference == 0;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> ParseBasicAuthorization(
    std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size() ||
      !std::equal(kScheme.begin(), kScheme.end(), header.begin(),
                  [](char a, char b) { return a == (b | 0x20); })) {
    return std::nullopt;
  }
  const std::string_view encoded = header.substr(kScheme.size());
  if (encoded.empty() || encoded.size() % 4 != 0) return std::nullopt;
  std::string decoded(encoded.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                   reinterpret_cast<const unsigned char*>(encoded.data()),
                                   static_cast<int>(encoded.size()));
  if (size < 0) return std::nullopt;
  decoded.resize(static_cast<size_t>(size) - (encoded.ends_with("==")  ? 2
                                              : encoded.ends_with("=") ? 1
                                                                       : 0));
  const size_t colon = decoded.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(decoded.substr(0, colon), decoded.substr(colon + 1));
}

std::string MakeBasicAuthorization(std::string_view user, std::string_view password) {
  const std::string plain = std::string(user) + ":" + std::string(password);
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(plain.data()),
                                   static_cast<int>(plain.size()));
  encoded.resize(static_cast<size_t>(size));
  return "Basic " + encoded;
}

bool BasicAuthenticator::IsAccepted(const WebConfig& config,
                                    std::string_view authorization_header) {
  if (config.basic_auth_users.empty()) return true;
  const auto credentials = ParseBasicAuthorization(authorization_header);
  if (!credentials) return false;
  const std::string& user = credentials->first;
  const std::string& password = credentials->second;
  const auto known = std::find_if(config.basic_auth_users.begin(), config.basic_auth_users.end(),
                                  [&](const auto& entry) { return entry.first == user; });
  const bool is_known = known != config.basic_auth_users.end();
  const std::string hash = is_known ? known->second : kUnknownUserHash;
  const std::string key = Sha256(user + '\0' + hash + '\0' + password);

  MutexLock lock(mutex_);
  if (accepted_.contains(key)) return true;
  if (!MatchesBcrypt(password, hash) || !is_known) return false;
  if (accepted_.size() >= kMaxRemembered) accepted_.clear();
  accepted_.insert(key);
  return true;
}

}  // namespace tocsin::http

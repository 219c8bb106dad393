#include "http/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

#include "base/fs.h"

namespace tocsin::http {
namespace {

constexpr uint64_t kMaxPemBytes = 1 << 20;  // A bundle of a thousand certificates.

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CtxPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freer<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

std::string LastTlsError() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown TLS error" : reason;
}

BioPtr PemSource(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Status UseCertificate(SSL_CTX* ctx, const TlsServerConfig& config) {
  const BioPtr source = PemSource(config.cert);
  const X509Ptr leaf(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(ctx, leaf.get()) != 1) {
    return Errorf(ErrorCode::kInvalidArgument, "failed to load X509KeyPair: certificate: {}",
                  LastTlsError());
  }
  while (X509* link = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add_extra_chain_cert(ctx, link) != 1) X509_free(link);
  }
  ERR_clear_error();  // The end of the chain is reported as an error.
  const BioPtr key_source = PemSource(config.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_source.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(ctx, key.get()) != 1 || SSL_CTX_check_private_key(ctx) != 1) {
    return Errorf(ErrorCode::kInvalidArgument, "failed to load X509KeyPair: private key: {}",
                  LastTlsError());
  }
  return {};
}

Status UseClientAuthorities(SSL_CTX* ctx, const std::string& pem) {
  if (pem.empty()) return {};
  const BioPtr source = PemSource(pem);
  size_t count = 0;
  while (X509* authority = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority);
    SSL_CTX_add_client_CA(ctx, authority);
    X509_free(authority);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) {
    return Error(ErrorCode::kInvalidArgument, "no certificate found in client_ca");
  }
  return {};
}

int AcceptAnyCertificate(X509_STORE_CTX*, void*) { return 1; }

Status UseClientPolicy(SSL_CTX* ctx, const TlsServerConfig& config) {
  const std::string& type = config.client_auth_type;
  const bool is_any =
      type == "RequestClientCert" || type == "RequireClientCert" || type == "RequireAnyClientCert";
  const bool is_verified =
      type == "VerifyClientCertIfGiven" || type == "RequireAndVerifyClientCert";
  const bool is_off = type.empty() || type == "NoClientCert";
  if (!is_any && !is_verified && !is_off) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid ClientAuth: {}", type);
  }
  if (is_off) {
    if (config.client_ca.empty()) return {};
    return Error(ErrorCode::kInvalidArgument,
                 "client CA's have been configured without a Client Auth Policy");
  }
  if (!config.client_allowed_sans.empty() && type != "RequireAndVerifyClientCert") {
    return Errorf(ErrorCode::kInvalidArgument,
                  "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert, not {}",
                  type);
  }
  int mode = SSL_VERIFY_PEER;
  if (type.starts_with("Require")) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(ctx, mode, nullptr);
  if (is_any) SSL_CTX_set_cert_verify_callback(ctx, AcceptAnyCertificate, nullptr);
  return UseClientAuthorities(ctx, config.client_ca);
}

Result<int> ProtocolVersion(const std::string& name) {
  if (name == "TLS10") return TLS1_VERSION;
  if (name == "TLS11") return TLS1_1_VERSION;
  if (name == "TLS12") return TLS1_2_VERSION;
  if (name == "TLS13") return TLS1_3_VERSION;
  return Errorf(ErrorCode::kInvalidArgument, "unknown TLS version: {}", name);
}

Status UseVersions(SSL_CTX* ctx, const TlsServerConfig& config) {
  TOCSIN_ASSIGN_OR_RETURN(
      const int lowest, ProtocolVersion(config.min_version.empty() ? "TLS12" : config.min_version));
  TOCSIN_ASSIGN_OR_RETURN(
      const int highest,
      ProtocolVersion(config.max_version.empty() ? "TLS13" : config.max_version));
  SSL_CTX_set_min_proto_version(ctx, lowest);
  SSL_CTX_set_max_proto_version(ctx, highest);
  return {};
}

Status UseCiphers(SSL_CTX* ctx, const TlsServerConfig& config) {
  std::string ciphers;
  for (const std::string& name : config.cipher_suites) {
    const char* known = OPENSSL_cipher_name(name.c_str());
    // Go also accepts its old names of the ChaCha20 suites.
    if (std::string_view(known) == "(NONE)")
      known = OPENSSL_cipher_name((name + "_SHA256").c_str());
    if (std::string_view(known) == "(NONE)") {
      return Errorf(ErrorCode::kInvalidArgument, "unknown cipher: {}", name);
    }
    ciphers += (ciphers.empty() ? "" : ":") + std::string(known);
  }
  if (!ciphers.empty() && SSL_CTX_set_cipher_list(ctx, ciphers.c_str()) != 1) {
    return Errorf(ErrorCode::kInvalidArgument, "cipher_suites: {}", LastTlsError());
  }
  if (config.prefer_server_cipher_suites) {
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  return {};
}

Status UseCurves(SSL_CTX* ctx, const TlsServerConfig& config) {
  std::string groups;
  for (const std::string& name : config.curve_preferences) {
    const char* group = name == "CurveP256"   ? "P-256"
                        : name == "CurveP384" ? "P-384"
                        : name == "CurveP521" ? "P-521"
                        : name == "X25519"    ? "X25519"
                                              : nullptr;
    if (group == nullptr) return Errorf(ErrorCode::kInvalidArgument, "unknown curve: {}", name);
    groups += (groups.empty() ? "" : ":") + std::string(group);
  }
  if (!groups.empty() && SSL_CTX_set1_groups_list(ctx, groups.c_str()) != 1) {
    return Errorf(ErrorCode::kInvalidArgument, "curve_preferences: {}", LastTlsError());
  }
  return {};
}

std::string NameText(const GENERAL_NAME& name) {
  int type = 0;
  void* value = GENERAL_NAME_get0_value(&name, &type);
  if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
    const auto* text = static_cast<const ASN1_STRING*>(value);
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<size_t>(ASN1_STRING_length(text)));
  }
  if (type == GEN_IPADD) {
    const auto* address = static_cast<const ASN1_OCTET_STRING*>(value);
    const unsigned char* bytes = ASN1_STRING_get0_data(address);
    if (ASN1_STRING_length(address) == 4) {
      return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
  }
  return {};
}

bool HasAllowedName(SSL* ssl, const std::vector<std::string>& allowed) {
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return false;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = NameText(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty() && std::find(allowed.begin(), allowed.end(), name) != allowed.end()) {
      return true;
    }
  }
  return false;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(FileDescriptor fd, SslPtr ssl,
               std::shared_ptr<const std::vector<std::string>> allowed_sans)
      : fd_(std::move(fd)), ssl_(std::move(ssl)), allowed_sans_(std::move(allowed_sans)) {
    SSL_set_fd(ssl_.get(), fd_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_set_accept_state(ssl_.get());
  }

  IoOutcome Handshake() override {
    if (SSL_is_init_finished(ssl_.get())) return IoOutcome::kDone;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      const bool is_allowed = allowed_sans_->empty() || HasAllowedName(ssl_.get(), *allowed_sans_);
      return is_allowed ? IoOutcome::kDone : IoOutcome::kClosed;
    }
    const unsigned long error = ERR_peek_error();
    const IoOutcome outcome = Classify(result);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST) {
      AnswerPlainHttp();
    }
    return outcome;
  }

  IoStep Read(char* out, size_t size) override {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), out, static_cast<int>(std::min<size_t>(size, INT_MAX)));
    if (count > 0) return {IoOutcome::kDone, static_cast<size_t>(count)};
    return {Classify(count)};
  }

  IoStep Write(std::string_view bytes, bool) override {
    if (bytes.empty()) return {};
    ERR_clear_error();
    const int size = static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX));
    const int count = SSL_write(ssl_.get(), bytes.data(), size);
    if (count > 0) return {IoOutcome::kDone, static_cast<size_t>(count)};
    return {Classify(count)};
  }

  void ShutdownWrite() override {
    if (SSL_is_init_finished(ssl_.get()) && !is_broken_) SSL_shutdown(ssl_.get());
    ::shutdown(fd_.get(), SHUT_WR);
  }
  bool is_encrypted() const override { return true; }
  int fd() const override { return fd_.get(); }

 private:
  IoOutcome Classify(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return IoOutcome::kNeedsRead;
    if (error == SSL_ERROR_WANT_WRITE) return IoOutcome::kNeedsWrite;
    is_broken_ = error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL;
    ERR_clear_error();
    return IoOutcome::kClosed;
  }

  // What Go's server says to a client that forgot the s of https.
  void AnswerPlainHttp() {
    constexpr std::string_view kAnswer =
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    [[maybe_unused]] const ssize_t sent =
        ::send(fd_.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  }

  FileDescriptor fd_;
  SslPtr ssl_;
  /// Also owned by the context that accepted; kept because a reload may replace that one.
  std::shared_ptr<const std::vector<std::string>> allowed_sans_;
  bool is_broken_ = false;
};

class OpenSslServerContext final : public TlsServerContext {
 public:
  OpenSslServerContext(CtxPtr ctx, std::vector<std::string> allowed_sans)
      : ctx_(std::move(ctx)),
        allowed_sans_(std::make_shared<const std::vector<std::string>>(std::move(allowed_sans))) {}

  std::unique_ptr<Transport> Accept(FileDescriptor fd) const override {
    return std::make_unique<TlsTransport>(std::move(fd), SslPtr(SSL_new(ctx_.get())),
                                          allowed_sans_);
  }

 private:
  CtxPtr ctx_;
  std::shared_ptr<const std::vector<std::string>> allowed_sans_;
};

Status ReadPem(const std::string& path, std::string& pem) {
  if (path.empty()) return {};
  PosixFs fs;
  TOCSIN_ASSIGN_OR_RETURN(pem, fs.ReadFile(path, kMaxPemBytes));
  return {};
}

}  // namespace

Result<TlsServerConfig> ReadTlsFiles(TlsServerConfig config) {
  TOCSIN_RETURN_IF_ERROR(ReadPem(config.cert_file, config.cert));
  TOCSIN_RETURN_IF_ERROR(ReadPem(config.key_file, config.key));
  TOCSIN_RETURN_IF_ERROR(ReadPem(config.client_ca_file, config.client_ca));
  return config;
}

Result<std::shared_ptr<const TlsServerContext>> MakeTlsServerContext(
    const TlsServerConfig& config) {
  CtxPtr ctx(SSL_CTX_new(TLS_server_method()));
  if (!ctx) return Error(ErrorCode::kInternal, LastTlsError());
  // A client that closes without a TLS goodbye is an ordinary end of stream.
  SSL_CTX_set_options(ctx.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_id_context(ctx.get(), reinterpret_cast<const unsigned char*>("tocsin"), 6);
  TOCSIN_RETURN_IF_ERROR(UseVersions(ctx.get(), config));
  TOCSIN_RETURN_IF_ERROR(UseCiphers(ctx.get(), config));
  TOCSIN_RETURN_IF_ERROR(UseCurves(ctx.get(), config));
  TOCSIN_RETURN_IF_ERROR(UseCertificate(ctx.get(), config));
  TOCSIN_RETURN_IF_ERROR(UseClientPolicy(ctx.get(), config));
  return std::make_shared<const OpenSslServerContext>(std::move(ctx), config.client_allowed_sans);
}

}  // namespace tocsin::http

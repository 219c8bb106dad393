// TLS and basic auth of the server, with certificates made on the spot.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "http/basic_auth.h"
#include "http/client.h"
#include "http/self_signed.h"
#include "http/server_fixture.h"
#include "http/web_security.h"

namespace tocsin::http {
namespace {

/// A TLS client over a blocking socket; verifies nothing but reports what the server showed.
class TlsClient {
 public:
  explicit TlsClient(uint16_t port, const Credentials* identity = nullptr)
      : raw_(port), ctx_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    if (identity != nullptr) UseIdentity(*identity);
    ssl_ = SSL_new(ctx_);
    SSL_set_fd(ssl_, raw_.fd());
    is_connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(ctx_);
  }

  bool is_connected() const { return is_connected_; }
  bool Send(const std::string& bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// Reads until the text ends with `end` or the connection does.
  std::string ReadUntil(std::string_view end) {
    std::string text;
    char buffer[4096];
    while (!text.ends_with(end)) {
      const int count = SSL_read(ssl_, buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }
  std::string Get(const std::string& path, const std::string& more_headers = "") {
    Send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more_headers + "\r\n");
    return ReadUntil("hello");
  }

 private:
  void UseIdentity(const Credentials& identity) {
    BIO* cert_bio = BIO_new_mem_buf(identity.cert.data(), -1);
    X509* cert = PEM_read_bio_X509(cert_bio, nullptr, nullptr, nullptr);
    BIO* key_bio = BIO_new_mem_buf(identity.key.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(ctx_, cert);
    SSL_CTX_use_PrivateKey(ctx_, key);
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
  }

  RawClient raw_;
  SSL_CTX* ctx_;
  SSL* ssl_;
  bool is_connected_ = false;
};

class ServerTlsTest : public ServerTest {
 protected:
  static ServerOptions OptionsWith(WebConfig config) {
    ServerOptions options = Options();
    options.load_web_config = [config]() -> Result<WebConfig> { return config; };
    return options;
  }
  WebConfig TlsConfig() const {
    WebConfig config;
    config.tls.emplace();
    config.tls->cert = server_identity_.cert;
    config.tls->key = server_identity_.key;
    return config;
  }
  Credentials server_identity_ = MakeSelfSigned("localhost");
};

TEST_F(ServerTlsTest, ServesManyRequestsOverOneConnection) {
  Start(OptionsWith(TlsConfig()));
  TlsClient client(port());
  ASSERT_TRUE(client.is_connected());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(client.Get("/hello").starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ServerTlsTest, SendsLargeAnswersWhole) {
  Start(OptionsWith(TlsConfig()));
  TlsClient client(port());
  client.Send("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n" + std::string(100'000, 'x')).ends_with("xxx"));
}

TEST_F(ServerTlsTest, TellsPlainClientsWhatIsWrong) {
  Start(OptionsWith(TlsConfig()));
  RawClient client(port());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string answer;
  EXPECT_TRUE(client.ReadToEnd(answer));
  EXPECT_EQ(answer,
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
}

TEST_F(ServerTlsTest, SilentHandshakeIsClosedAndHoldsNobodyUp) {
  ServerOptions options = OptionsWith(TlsConfig());
  options.header_timeout_ms = 100;
  Start(options);
  RawClient silent(port());
  TlsClient client(port());
  EXPECT_TRUE(client.Get("/hello").ends_with("hello"));
  std::string nothing;
  EXPECT_TRUE(silent.ReadToEnd(nothing));
}

TEST_F(ServerTlsTest, RequiresAClientCertificateSignedByItsAuthority) {
  const Credentials known = MakeSelfSigned("known");
  const Credentials stranger = MakeSelfSigned("stranger");
  WebConfig config = TlsConfig();
  config.tls->client_ca = known.cert;
  config.tls->client_auth_type = "RequireAndVerifyClientCert";
  Start(OptionsWith(config));
  TlsClient good(port(), &known);
  EXPECT_TRUE(good.Get("/hello").ends_with("hello"));
  TlsClient anonymous(port());
  EXPECT_EQ(anonymous.Get("/hello"), "");
  TlsClient bad(port(), &stranger);
  EXPECT_EQ(bad.Get("/hello"), "");
}

TEST_F(ServerTlsTest, ChecksTheNamesOfClientCertificates) {
  const Credentials known = MakeSelfSigned("known");
  WebConfig config = TlsConfig();
  config.tls->client_ca = known.cert;
  config.tls->client_auth_type = "RequireAndVerifyClientCert";
  config.tls->client_allowed_sans = {"other"};
  Start(OptionsWith(config));
  TlsClient client(port(), &known);
  EXPECT_EQ(client.Get("/hello"), "");
}

TEST_F(ServerTlsTest, RefusesBadConfigurations) {
  const auto reason = [&](const std::function<void(TlsServerConfig&)>& spoil) {
    WebConfig config = TlsConfig();
    spoil(*config.tls);
    const Status status = server_->Start(OptionsWith(config), Routes());
    return status ? std::string("started") : status.error().message();
  };
  EXPECT_EQ(reason([](auto& tls) { tls.min_version = "SSL3"; }), "unknown TLS version: SSL3");
  EXPECT_EQ(reason([](auto& tls) { tls.cipher_suites = {"TLS_NONE"}; }),
            "unknown cipher: TLS_NONE");
  EXPECT_EQ(reason([](auto& tls) { tls.curve_preferences = {"Curve1"}; }), "unknown curve: Curve1");
  EXPECT_EQ(reason([](auto& tls) { tls.client_auth_type = "Maybe"; }), "invalid ClientAuth: Maybe");
  EXPECT_TRUE(reason([](auto& tls) {
                tls.cert = "no PEM";
              }).starts_with("failed to load X509KeyPair: certificate: "));
  EXPECT_EQ(reason([](auto& tls) {
              tls.cipher_suites = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                   "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"};
              tls.curve_preferences = {"X25519", "CurveP256"};
            }),
            "started");
}

class ClientTlsTest : public ServerTlsTest {
 protected:
  std::string GetWith(const std::function<void(TlsOptions&)>& set) {
    ClientRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(port()) + "/hello";
    auto options = std::make_shared<ClientOptions>();
    set(options->tls);
    request.options = options;
    const auto response = client_->Send(request);
    return response ? response->body : response.error().message();
  }
  std::unique_ptr<Client> client_ = MakeCurlClient("Tocsin/test");
};

TEST_F(ClientTlsTest, TrustsTheAuthorityItIsGivenInlineOrByFile) {
  Start(OptionsWith(TlsConfig()));
  EXPECT_EQ(GetWith([&](TlsOptions& tls) { tls.ca = server_identity_.cert; }), "hello");
  const std::string path = ::testing::TempDir() + "/http_client_ca.pem";
  std::ofstream(path) << server_identity_.cert;
  EXPECT_EQ(GetWith([&](TlsOptions& tls) { tls.ca_file = path; }), "hello");
  std::filesystem::remove(path);
}

TEST_F(ClientTlsTest, RefusesUnknownAuthoritiesUnlessTold) {
  Start(OptionsWith(TlsConfig()));
  EXPECT_TRUE(
      GetWith([](TlsOptions&) {})
          .ends_with(
              "tls: failed to verify certificate: x509: certificate signed by unknown authority"));
  EXPECT_EQ(GetWith([&](TlsOptions& tls) { tls.insecure_skip_verify = true; }), "hello");
}

TEST_F(ClientTlsTest, ChecksTheNameItIsToldToExpect) {
  Start(OptionsWith(TlsConfig()));
  const std::string& ca = server_identity_.cert;
  EXPECT_EQ(GetWith([&](TlsOptions& tls) {
              tls.ca = ca;
              tls.server_name = "localhost";
            }),
            "hello");
  EXPECT_TRUE(GetWith([&](TlsOptions& tls) {
                tls.ca = ca;
                tls.server_name = "other.example";
              }).find("tls: failed to verify certificate: x509: ") != std::string::npos);
}

TEST_F(ClientTlsTest, ShowsItsCertificate) {
  const Credentials known = MakeSelfSigned("known");
  WebConfig config = TlsConfig();
  config.tls->client_ca = known.cert;
  config.tls->client_auth_type = "RequireAndVerifyClientCert";
  Start(OptionsWith(config));
  const std::string& ca = server_identity_.cert;
  EXPECT_EQ(GetWith([&](TlsOptions& tls) {
              tls.ca = ca;
              tls.cert = known.cert;
              tls.key = known.key;
            }),
            "hello");
  EXPECT_NE(GetWith([&](TlsOptions& tls) { tls.ca = ca; }), "hello");
}

TEST_F(ClientTlsTest, HonoursTheLowestVersion) {
  WebConfig config = TlsConfig();
  config.tls->max_version = "TLS12";
  Start(OptionsWith(config));
  const std::string& ca = server_identity_.cert;
  EXPECT_EQ(GetWith([&](TlsOptions& tls) {
              tls.ca = ca;
              tls.min_version = "TLS12";
            }),
            "hello");
  EXPECT_NE(GetWith([&](TlsOptions& tls) {
              tls.ca = ca;
              tls.min_version = "TLS13";
            }),
            "hello");
}

// bcrypt of "secret", cost 4 to keep the test quick.
constexpr char kSecretHash[] = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

class ServerAuthTest : public ServerTest {
 protected:
  void StartWithUser(const std::string& hash) {
    ServerOptions options = Options();
    options.load_web_config = [hash]() -> Result<WebConfig> {
      WebConfig config;
      config.basic_auth_users = {{"me", hash}};
      config.response_headers = {{"X-Frame-Options", "deny"}};
      return config;
    };
    Start(options);
  }
  RawResponse GetAs(const std::string& user, const std::string& password) {
    RawClient client(port());
    return Get(client, "/hello",
               "Authorization: " + MakeBasicAuthorization(user, password) + "\r\n");
  }
};

TEST_F(ServerAuthTest, AcceptsOnlyTheRightPassword) {
  StartWithUser(kSecretHash);
  EXPECT_EQ(GetAs("me", "secret").body, "hello");
  EXPECT_EQ(GetAs("me", "secret").body, "hello");  // Remembered.
  EXPECT_EQ(GetAs("me", "wrong").status, 401);
  EXPECT_EQ(GetAs("you", "secret").status, 401);
  EXPECT_EQ(GetAs("me", "").status, 401);
}

TEST_F(ServerAuthTest, AnonymousIsToldToLogIn) {
  StartWithUser(kSecretHash);
  RawClient client(port());
  const RawResponse response = Get(client, "/hello");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.body, "Unauthorized\n");
  EXPECT_EQ(response.Header("WWW-Authenticate"), "Basic");
  EXPECT_EQ(response.Header("X-Frame-Options"), "deny");
}

TEST(BasicAuthorizationTest, RoundTripsAndRefusesGarbage) {
  const auto parsed = ParseBasicAuthorization(MakeBasicAuthorization("user", "pa:ss"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->first, "user");
  EXPECT_EQ(parsed->second, "pa:ss");
  for (const char* bad : {"", "Basic", "Basic ", "Basic !!!!", "Basic YQ==", "Bearer abc"}) {
    EXPECT_FALSE(ParseBasicAuthorization(bad)) << bad;
  }
}

TEST_F(ServerTest, WebConfigurationIsReadAgainAndBadOnesAreIgnored) {
  ManualClock clock(1'000'000);
  std::atomic<int> reads = 0;
  auto security = WebSecurity::Make(
      [&]() -> Result<WebConfig> {
        if (++reads == 3) return Error(ErrorCode::kInvalidArgument, "bad file");
        WebConfig config;
        config.response_headers = {{"X-Read", std::to_string(reads.load())}};
        return config;
      },
      clock, logger_);
  ASSERT_TRUE(security);
  const auto seen = [&] { return (*security)->Current()->config.response_headers[0].second; };
  EXPECT_EQ(seen(), "1");
  clock.AdvanceMs(1001);
  EXPECT_EQ(seen(), "2");
  clock.AdvanceMs(1001);
  EXPECT_EQ(seen(), "2");
  clock.AdvanceMs(1001);
  EXPECT_EQ(seen(), "4");
}

}  // namespace
}  // namespace tocsin::http

#include "http/curl_transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

#include "base/fs.h"
#include "http/basic_auth.h"
#include "http/transfer_failure.h"
#include "http/url.h"

namespace tocsin::http {
namespace {

constexpr int kMaxRedirects = 9;  // Go gives up after ten requests.
// Go's transports in Prometheus keep idle connections for five minutes.
constexpr long kMaxIdleSeconds = 300;
// One read takes most scrape pages; larger buffers come from mmap and fault for every transfer.
constexpr long kReceiveBufferBytes = 100 << 10;
// A server's word is not a reason to reserve more than this at once.
constexpr uint64_t kMaxReservedBytes = 4 << 20;
constexpr uint64_t kMaxCredentialBytes = 1 << 20;

template <typename Value>
void Set(CurlEasy easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

void SetText(CurlEasy easy, CURLoption option, const std::string& text) {
  curl_easy_setopt(easy, option, text.empty() ? nullptr : text.c_str());
}

void SetPem(CurlEasy easy, CURLoption option, const std::string& pem) {
  if (pem.empty()) {
    curl_easy_setopt(easy, option, static_cast<curl_blob*>(nullptr));
    return;
  }
  curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

long TlsVersions(const TlsOptions& tls) {
  long versions = CURL_SSLVERSION_DEFAULT;
  if (tls.min_version == "TLS10") versions = CURL_SSLVERSION_TLSv1_0;
  if (tls.min_version == "TLS11") versions = CURL_SSLVERSION_TLSv1_1;
  if (tls.min_version == "TLS12") versions = CURL_SSLVERSION_TLSv1_2;
  if (tls.min_version == "TLS13") versions = CURL_SSLVERSION_TLSv1_3;
  if (tls.max_version == "TLS10") versions |= CURL_SSLVERSION_MAX_TLSv1_0;
  if (tls.max_version == "TLS11") versions |= CURL_SSLVERSION_MAX_TLSv1_1;
  if (tls.max_version == "TLS12") versions |= CURL_SSLVERSION_MAX_TLSv1_2;
  if (tls.max_version == "TLS13") versions |= CURL_SSLVERSION_MAX_TLSv1_3;
  return versions;
}

void ApplyTls(CurlEasy easy, const TlsOptions& tls) {
  const bool has_own_authority = !tls.ca_file.empty() || !tls.ca.empty();
  if (has_own_authority) {
    SetText(easy, CURLOPT_CAINFO, tls.ca_file);
    SetText(easy, CURLOPT_CAPATH, "");
    SetPem(easy, CURLOPT_CAINFO_BLOB, tls.ca);
    Set(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // The file may change.
  }
  SetText(easy, CURLOPT_SSLCERT, tls.cert_file);
  SetText(easy, CURLOPT_SSLKEY, tls.key_file);
  SetPem(easy, CURLOPT_SSLCERT_BLOB, tls.cert);
  SetPem(easy, CURLOPT_SSLKEY_BLOB, tls.key);
  Set(easy, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
  Set(easy, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
  Set(easy, CURLOPT_SSLVERSION, TlsVersions(tls));
}

void ApplyProxy(CurlEasy easy, const ClientOptions& options) {
  if (!options.proxy_from_environment) {
    // "" is not the same as null, which asks the environment.
    curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy_url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, options.no_proxy.c_str());
  }
}

std::string AddressText(const sockaddr& address) {
  char ip[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &ipv4.sin_addr, ip, sizeof ip);
    return fmt::format("{}:{}", ip, ntohs(ipv4.sin_port));
  }
  if (address.sa_family == AF_INET6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &ipv6.sin6_addr, ip, sizeof ip);
    return fmt::format("[{}]:{}", ip, ntohs(ipv6.sin6_port));
  }
  if (address.sa_family == AF_UNIX) return reinterpret_cast<const sockaddr_un&>(address).sun_path;
  return {};
}

Result<std::string> ReadSecret(const std::string& path) {
  PosixFs fs;
  TOCSIN_ASSIGN_OR_RETURN(std::string secret, fs.ReadFile(path, kMaxCredentialBytes));
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!secret.empty() && is_space(secret.back())) secret.pop_back();
  secret.erase(0, static_cast<size_t>(std::find_if_not(secret.begin(), secret.end(), is_space) -
                                      secret.begin()));
  return secret;
}

long GetLong(CurlEasy easy, CURLINFO what) {
  long value = 0;
  curl_easy_getinfo(easy, what, &value);
  return value;
}

std::string GetText(CurlEasy easy, CURLINFO what) {
  const char* text = nullptr;
  curl_easy_getinfo(easy, what, &text);
  return text == nullptr ? "" : text;
}

}  // namespace

CurlHandle::CurlHandle(const CurlSetup& setup) : easy(curl_easy_init()), owners(*setup.owners) {
  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_QUICK_EXIT, 1L);  // Giving up does not wait for a name server.
  Set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  Set(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  Set(easy, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  Set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  SetText(easy, CURLOPT_USERAGENT, setup.user_agent);
  Set(easy, CURLOPT_CLOSESOCKETFUNCTION, setup.close_socket);
  Set(easy, CURLOPT_CLOSESOCKETDATA, setup.client);
}

CurlHandle::~CurlHandle() { curl_easy_cleanup(easy); }

void CurlHandle::Use(const std::shared_ptr<const ClientOptions>& options) {
  if (applied == options) return;
  ApplyTls(easy, options->tls);
  ApplyProxy(easy, *options);
  Set(easy, CURLOPT_HTTP_VERSION,
      options->enable_http2 ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_1_1});
  applied = options;
}

struct CurlTransfer::HeaderList {
  ~HeaderList() {
    curl_slist_free_all(request);
    curl_slist_free_all(proxy);
    curl_slist_free_all(connect_to);
  }
  void Add(std::string_view name, std::string_view value) {
    // libcurl's spelling of a header without a value.
    const std::string line =
        value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value);
    request = curl_slist_append(request, line.c_str());
  }
  void Suppress(const char* name_and_colon) {
    request = curl_slist_append(request, name_and_colon);
  }

  curl_slist* request = nullptr;
  curl_slist* proxy = nullptr;
  curl_slist* connect_to = nullptr;
};

CurlTransfer::CurlTransfer(Client::RequestId id, ClientRequest request, Client::Callback done)
    : id_(id),
      request_(std::move(request)),
      done_(std::move(done)),
      direct_authority_(DirectAuthority(request_)),
      url_(request_.url) {
  response_.body = std::move(request_.body_buffer);
  response_.body.clear();
}

CurlTransfer::~CurlTransfer() = default;

Status CurlTransfer::Prepare(std::unique_ptr<CurlHandle> handle) {
  handle_ = std::move(handle);
  handle_->Use(request_.options);
  error_detail_.assign(CURL_ERROR_SIZE, '\0');
  return Configure();
}

std::unique_ptr<CurlHandle> CurlTransfer::ReleaseHandle() {
  for (const int fd : owned_sockets_) {
    const auto owner = handle_->owners.find(fd);
    if (owner != handle_->owners.end() && owner->second == this) handle_->owners.erase(owner);
  }
  // The lists and buffers it points to go with this transfer.
  for (const CURLoption option : {CURLOPT_HTTPHEADER, CURLOPT_PROXYHEADER, CURLOPT_CONNECT_TO}) {
    Set(easy(), option, static_cast<curl_slist*>(nullptr));
  }
  Set(easy(), CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  Set(easy(), CURLOPT_POSTFIELDS, static_cast<char*>(nullptr));
  return std::move(handle_);
}

std::string CurlTransfer::DirectAuthority(const ClientRequest& request) {
  const ClientOptions& options = *request.options;
  const bool is_plain = request.method == "GET" && request.body.empty() &&
                        request.unix_socket.empty() && request.url.starts_with("http://") &&
                        !request.on_body && request.timeout_ms != 0 && options.proxy_url.empty() &&
                        !options.proxy_from_environment;
  if (!is_plain) return {};
  const auto url = ParseUrl(request.url);
  if (!url || url->username || url->host.empty()) return {};
  return url->port.empty() ? url->HostPort() + ":80" : url->HostPort();
}

Status CurlTransfer::Configure() {
  Set(easy(), CURLOPT_URL, url_.c_str());
  Set(easy(), CURLOPT_PRIVATE, this);
  Set(easy(), CURLOPT_ERRORBUFFER, error_detail_.data());
  Set(easy(), CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(easy(), CURLOPT_HEADERDATA, this);
  Set(easy(), CURLOPT_WRITEFUNCTION, &OnBody);
  Set(easy(), CURLOPT_WRITEDATA, this);
  SetText(easy(), CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket);
  const auto open_socket = [](void* transfer, curlsocktype purpose, curl_sockaddr* address) {
    return static_cast<curl_socket_t>(OnSocket(transfer, purpose, address));
  };
  Set(easy(), CURLOPT_OPENSOCKETFUNCTION, +open_socket);
  Set(easy(), CURLOPT_OPENSOCKETDATA, this);
  const int64_t left_ms =
      std::max<int64_t>(request_.timeout_ms - response_.duration_ns / 1'000'000, 1);
  // libcurl too takes 0 as no limit.
  Set(easy(), CURLOPT_TIMEOUT_MS, request_.timeout_ms == 0 ? 0L : static_cast<long>(left_ms));
  // libcurl then gives the connection back when the answer is there, and we keep it.
  Set(easy(), CURLOPT_FORBID_REUSE, direct_authority_.empty() ? 0L : 1L);
  ConfigureMethod();
  TOCSIN_RETURN_IF_ERROR(BuildHeaderList());
  ConfigureServerName();
  Set(easy(), CURLOPT_HTTPHEADER, header_list_->request);
  Set(easy(), CURLOPT_PROXYHEADER, header_list_->proxy);
  Set(easy(), CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE});
  Set(easy(), CURLOPT_CONNECT_TO, header_list_->connect_to);
  return {};
}

void CurlTransfer::ConfigureMethod() {
  const bool is_get = request_.method == "GET";
  const bool is_head = request_.method == "HEAD";
  Set(easy(), CURLOPT_HTTPGET, 1L);  // Undoes what the last request of this handle asked for.
  if (is_head) Set(easy(), CURLOPT_NOBODY, 1L);
  if (!is_get && !is_head) {
    Set(easy(), CURLOPT_POSTFIELDS, request_.body.data());
    Set(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  Set(easy(), CURLOPT_CUSTOMREQUEST,
      is_get || is_head || request_.method == "POST" ? nullptr : request_.method.c_str());
}

// The name to verify and to ask for (SNI) can only be had from the URL, so that carries it, while
// the connection goes to where the URL pointed.
void CurlTransfer::ConfigureServerName() {
  const std::string& server_name = request_.options->tls.server_name;
  if (server_name.empty() || !url_.starts_with("https://")) return;
  auto url = ParseUrl(url_);
  if (!url) return;
  const std::string port = url->port.empty() ? "443" : url->port;
  const std::string target = fmt::format(
      "{}:{}:{}:{}", server_name, port,
      url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]", port);
  header_list_->connect_to = curl_slist_append(header_list_->connect_to, target.c_str());
  if (FindHeader(request_.headers, "Host").empty()) header_list_->Add("Host", url->HostPort());
  url->host = server_name;
  Set(easy(), CURLOPT_URL, url->ToString().c_str());
}

Result<Fields> CurlTransfer::MakeHeaders() const {
  Fields headers;
  for (const auto& [name, value] : request_.headers) {
    const bool is_secret = name == "Authorization" || name == "Cookie";
    if (keeps_credentials_ || !is_secret) headers.emplace_back(name, value);
  }
  if (keeps_credentials_) {
    headers.insert(headers.end(), request_.options->headers.begin(),
                   request_.options->headers.end());
    for (const auto& [name, file] : request_.options->header_files) {
      TOCSIN_ASSIGN_OR_RETURN(std::string value, ReadSecret(file));
      headers.emplace_back(name, std::move(value));
    }
    TOCSIN_RETURN_IF_ERROR(AddCredentials(headers));
  }
  if (request_.accept_gzip && !request_.on_body &&
      FindHeader(request_.headers, "Accept-Encoding").empty()) {
    headers.emplace_back("Accept-Encoding", "gzip");
  }
  return headers;
}

Status CurlTransfer::BuildHeaderList() {
  header_list_ = std::make_unique<HeaderList>();
  TOCSIN_ASSIGN_OR_RETURN(const Fields headers, MakeHeaders());
  for (const auto& [name, value] : headers) header_list_->Add(name, value);
  const auto has = [&](std::string_view name) {
    return !FindHeader(request_.headers, name).empty();
  };
  if (!has("Accept")) header_list_->Suppress("Accept:");
  if (!has("Content-Type")) header_list_->Suppress("Content-Type:");
  header_list_->Suppress("Expect:");
  for (const auto& [name, value] : request_.options->proxy_connect_headers) {
    header_list_->proxy =
        curl_slist_append(header_list_->proxy, fmt::format("{}: {}", name, value).c_str());
  }
  return {};
}

Status CurlTransfer::AddCredentials(Fields& headers) const {
  const ClientOptions& options = *request_.options;
  if (options.basic_auth) {
    auto [user, password] = *options.basic_auth;
    if (!options.basic_auth_username_file.empty()) {
      TOCSIN_ASSIGN_OR_RETURN(user, ReadSecret(options.basic_auth_username_file));
    }
    if (!options.basic_auth_password_file.empty()) {
      TOCSIN_ASSIGN_OR_RETURN(password, ReadSecret(options.basic_auth_password_file));
    }
    headers.emplace_back("Authorization", MakeBasicAuthorization(user, password));
    return {};
  }
  std::string credentials = options.authorization_credentials;
  if (!options.authorization_credentials_file.empty()) {
    TOCSIN_ASSIGN_OR_RETURN(credentials, ReadSecret(options.authorization_credentials_file));
  }
  if (credentials.empty()) return {};
  headers.emplace_back("Authorization", options.authorization_type + " " + credentials);
  return {};
}

Result<std::string> CurlTransfer::MakeHead(const std::string& user_agent) const {
  TOCSIN_ASSIGN_OR_RETURN(const Url url, ParseUrl(url_));
  TOCSIN_ASSIGN_OR_RETURN(const Fields headers, MakeHeaders());
  std::string head =
      fmt::format("GET {}{}{} HTTP/1.1\r\n", url.raw_path.empty() ? "/" : url.raw_path,
                  url.raw_query.empty() ? "" : "?", url.raw_query);
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (FindHeader(headers, "Host").empty()) add("Host", url.HostPort());
  if (FindHeader(headers, "User-Agent").empty()) add("User-Agent", user_agent);
  for (const auto& [name, value] : headers) add(name, value);
  return head.append("\r\n");
}

bool CurlTransfer::IsSameHost(std::string_view other_url) const {
  const auto here = ParseUrl(url_);
  const auto there = ParseUrl(other_url);
  return here && there && here->scheme == there->scheme && here->HostPort() == there->HostPort();
}

bool CurlTransfer::FollowsRedirect(int curl_code) {
  if (curl_code != CURLE_OK || !request_.options->follow_redirects) return false;
  const long status = GetLong(easy(), CURLINFO_RESPONSE_CODE);
  const bool keeps_method = status == 307 || status == 308;
  if (!keeps_method && (status < 301 || status > 303)) return false;
  const std::string location(FindHeader(response_.headers, "Location"));
  if (location.empty() || redirect_count_ >= kMaxRedirects) return false;
  std::string target = GetText(easy(), CURLINFO_REDIRECT_URL);
  if (target.empty()) return false;
  ++redirect_count_;
  if (!IsSameHost(target)) keeps_credentials_ = false;
  if (!keeps_method && request_.method != "HEAD") {
    request_.method = "GET";
    request_.body.clear();
  }
  curl_off_t elapsed_us = 0;
  curl_easy_getinfo(easy(), CURLINFO_TOTAL_TIME_T, &elapsed_us);
  response_.duration_ns += elapsed_us * 1000;
  url_ = std::move(target);
  dial_address_.clear();
  return Configure().ok();
}

void CurlTransfer::Finish(int curl_code) {
  Result<ClientResponse> result = TakeResponse(curl_code);
  done_(std::move(result));
}

void CurlTransfer::Fail(Error error) { done_(std::move(error)); }

void CurlTransfer::FinishDirect(ResponseReader& reader, int64_t duration_ns) {
  response_.status = reader.status();
  response_.headers = reader.TakeHeaders();
  response_.body = reader.TakeBody();
  response_.duration_ns = duration_ns;
  response_.final_url = url_;
  response_.wire_bytes = response_.body.size();
  if (IsPacked()) {
    std::string buffer;
    if (const Status unpacked = DecodeBody(response_, request_.max_body_bytes, buffer); !unpacked) {
      return Fail(unpacked.error());
    }
  }
  done_(std::move(response_));
}

void CurlTransfer::FailTimeout(bool is_in_body) {
  const auto url = ParseUrl(url_);
  Fail(DescribeFailure({.curl_code = CURLE_OPERATION_TIMEDOUT,
                        .is_in_body = is_in_body,
                        .method = request_.method,
                        .url = url ? url->Redacted() : url_}));
}

bool CurlTransfer::LeavesConnection() const {
  const long status = GetLong(handle_->easy, CURLINFO_RESPONSE_CODE);
  const bool is_redirect = status >= 300 && status < 400;
  if (direct_authority_.empty() || redirect_count_ > 0 || is_redirect) return false;
  if (!is_http_1_1_ || !is_in_body_ || is_too_large_) return false;
  if (FindHeader(response_.headers, "Connection") == "close") return false;
  const std::string_view length = FindHeader(response_.headers, "Content-Length");
  if (!length.empty()) return length == std::to_string(received_bytes_);
  // Without one of the two it is the connection's end that ended the body.
  return !FindHeader(response_.headers, "Transfer-Encoding").empty();
}

Result<ClientResponse> CurlTransfer::TakeResponse(int curl_code) {
  if (is_refused_) {
    return Error(ErrorCode::kCanceled, RequestErrorText(request_.method, url_, "context canceled"));
  }
  if (is_too_large_) return Error(ErrorCode::kTooLarge, "body size limit exceeded");
  if (curl_code != CURLE_OK) return Failure(curl_code);
  response_.status = static_cast<int>(GetLong(easy(), CURLINFO_RESPONSE_CODE));
  const bool is_endless = redirect_count_ >= kMaxRedirects && response_.status >= 301 &&
                          response_.status <= 308 && response_.status != 304;
  if (is_endless) {
    return Error(ErrorCode::kUnavailable,
                 RequestErrorText(request_.method, FindHeader(response_.headers, "Location"),
                                  "stopped after 10 redirects"));
  }
  curl_off_t elapsed_us = 0;
  curl_easy_getinfo(easy(), CURLINFO_TOTAL_TIME_T, &elapsed_us);
  response_.duration_ns += elapsed_us * 1000;
  response_.final_url = url_;
  response_.wire_bytes = response_.body.size();
  if (IsPacked()) TOCSIN_RETURN_IF_ERROR(Unpack());
  return std::move(response_);
}

bool CurlTransfer::IsStreamed() const {
  return request_.on_body && GetLong(easy(), CURLINFO_RESPONSE_CODE) == 200;
}

bool CurlTransfer::IsPacked() const {
  return !request_.defer_decoding && FindHeader(response_.headers, "Content-Encoding") == "gzip";
}

Status CurlTransfer::Unpack() {
  response_.wire_bytes = handle_->packed_body.size();
  // In and out again through `body`, so that both buffers are used by later requests.
  std::swap(response_.body, handle_->packed_body);
  return DecodeBody(response_, request_.max_body_bytes, handle_->packed_body);
}

Error CurlTransfer::Failure(int curl_code) const {
  const auto url = ParseUrl(url_);
  const std::string shown = url ? url->Redacted() : url_;
  std::string local = GetText(easy(), CURLINFO_LOCAL_IP);
  if (!local.empty()) {
    local = fmt::format("{}:{}", local, GetLong(easy(), CURLINFO_LOCAL_PORT));
  }
  std::string peer = dial_address_;
  if (peer.empty()) {  // A connection kept from an earlier request.
    peer = fmt::format("{}:{}", GetText(easy(), CURLINFO_PRIMARY_IP),
                       GetLong(easy(), CURLINFO_PRIMARY_PORT));
  }
  return DescribeFailure({.curl_code = curl_code,
                          .os_error = GetLong(easy(), CURLINFO_OS_ERRNO),
                          .verify_result = GetLong(easy(), CURLINFO_SSL_VERIFYRESULT),
                          .detail = error_detail_.c_str(),
                          .host = url ? std::string_view(url->host) : std::string_view(),
                          .dial_network = request_.unix_socket.empty() ? "tcp" : "unix",
                          .dial_address = peer,
                          .local_address = local,
                          .is_in_body = is_in_body_,
                          .method = request_.method,
                          .url = shown});
}

size_t CurlTransfer::OnHeader(char* bytes, size_t size, size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->TakeHeader({bytes, size * count});
}

size_t CurlTransfer::OnBody(char* bytes, size_t size, size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->TakeBody({bytes, size * count});
}

int CurlTransfer::OnSocket(void* transfer, int, void* address) {
  const auto& target = *static_cast<curl_sockaddr*>(address);
  auto& self = *static_cast<CurlTransfer*>(transfer);
  if (self.dial_address_.empty()) self.dial_address_ = AddressText(target.addr);
  const int fd = socket(target.family, target.socktype | SOCK_CLOEXEC, target.protocol);
  if (fd >= 0 && !self.direct_authority_.empty()) {
    self.handle_->owners.insert_or_assign(fd, &self);
    self.owned_sockets_.push_back(fd);
  }
  return fd;
}

size_t CurlTransfer::TakeHeader(std::string_view line) {
  const size_t taken = line.size();
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  if (line.empty()) {
    is_in_body_ = true;
    return taken;
  }
  const size_t colon = line.find(':');
  if (line.starts_with("HTTP/") || colon == std::string_view::npos) {
    // A status line: what came before belonged to an interim answer or a redirect.
    response_.headers.clear();
    response_.body.clear();
    handle_->packed_body.clear();
    is_in_body_ = false;
    is_http_1_1_ = line.starts_with("HTTP/1.1 ");
    received_bytes_ = 0;
    return taken;
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  response_.headers.emplace_back(line.substr(0, colon), value);
  return taken;
}

size_t CurlTransfer::TakeBody(std::string_view bytes) {
  received_bytes_ += bytes.size();
  if (IsStreamed()) {
    is_refused_ = !request_.on_body(bytes);
    return is_refused_ ? 0 : bytes.size();
  }
  std::string& body = IsPacked() ? handle_->packed_body : response_.body;
  if (request_.max_body_bytes != 0 && body.size() + bytes.size() > request_.max_body_bytes) {
    is_too_large_ = true;
    return 0;
  }
  if (body.empty()) {
    curl_off_t expected = 0;
    curl_easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
    if (expected > 0)
      body.reserve(std::min<uint64_t>(static_cast<uint64_t>(expected), kMaxReservedBytes));
  }
  body.append(bytes);
  return bytes.size();
}

}  // namespace tocsin::http

#include "http/oauth2_client.h"

#include <map>
#include <unordered_map>

#include "base/fs.h"
#include "base/json_value.h"
#include "base/mutex.h"
#include "http/basic_auth.h"
#include "http/transfer_failure.h"
#include "http/url.h"

namespace tocsin::http {
namespace {

// Go's oauth2 package takes a token that ends sooner than this for expired.
constexpr int64_t kExpiryDeltaMs = 10'000;
constexpr int64_t kForever = INT64_MAX;
constexpr uint64_t kMaxTokenBytes = 1 << 20;
constexpr uint64_t kMaxSecretBytes = 1 << 20;
// Ids of requests that wait or waited for a token: told apart from the inner client's.
constexpr Client::RequestId kOwnIds = Client::RequestId{1} << 63;

struct Token {
  std::string authorization;  // "Bearer abc".
  int64_t end_ms = 0;
};

Result<Token> ParseToken(const ClientResponse& response, int64_t now_ms) {
  if (response.status < 200 || response.status > 299) {
    return Errorf(ErrorCode::kUnavailable, "oauth2: cannot fetch token: {}\nResponse: {}",
                  response.status, response.body);
  }
  const auto json = ParseJson(response.body);
  if (!json) {
    return Errorf(ErrorCode::kUnavailable, "oauth2: cannot parse json: {}", json.error().message());
  }
  const std::string_view access_token = json->FindString("access_token");
  if (access_token.empty()) {
    return Error(ErrorCode::kUnavailable, "oauth2: server response missing access_token");
  }
  std::string_view type = json->FindString("token_type");
  if (type.empty() || type == "bearer") type = "Bearer";
  const JsonValue* lifetime = json->Find("expires_in");
  const double seconds = lifetime == nullptr ? 0 : lifetime->number();
  Token token;
  token.authorization = std::string(type) + " " + std::string(access_token);
  token.end_ms = seconds <= 0 || seconds > 1e9 ? kForever : now_ms + int64_t(seconds * 1000);
  return token;
}

Result<ClientRequest> TokenRequest(const OAuth2Options& options, int64_t timeout_ms) {
  std::string secret = options.client_secret;
  if (!options.client_secret_file.empty()) {
    PosixFs fs;
    TOCSIN_ASSIGN_OR_RETURN(secret, fs.ReadFile(options.client_secret_file, kMaxSecretBytes));
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  }
  ClientRequest request;
  request.method = "POST";
  request.url = options.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Authorization",
                      MakeBasicAuthorization(QueryEscape(options.client_id), QueryEscape(secret))}};
  request.body = EncodeForm(options.form);
  request.options = options.transport;
  request.timeout_ms = timeout_ms;
  request.max_body_bytes = kMaxTokenBytes;
  return request;
}

class OAuth2Client final : public IoClient {
 public:
  OAuth2Client(std::unique_ptr<IoClient> inner, const Clock& clock)
      : clock_(clock), inner_(std::move(inner)) {}

  RequestId Start(ClientRequest request, Callback done) override;
  void Cancel(RequestId id) override;
  Timers& io_timers() override { return inner_->io_timers(); }

 private:
  struct Waiting {
    RequestId id;
    ClientRequest request;
    Callback done;
  };
  struct Source {
    std::shared_ptr<const OAuth2Options> options;
    Token token;
    bool is_fetching = false;
    std::vector<Waiting> waiting;
  };

  void Fetch(const std::shared_ptr<const OAuth2Options>& options, int64_t timeout_ms);
  void Fetched(const OAuth2Options* key, Result<Token> token);
  void Send(Waiting waiting, const std::string& authorization);

  const Clock& clock_;
  Mutex mutex_;
  std::map<const OAuth2Options*, Source> sources_ GUARDED_BY(mutex_);
  std::unordered_map<RequestId, RequestId> inner_ids_ GUARDED_BY(mutex_);  // Of those sent.
  RequestId last_id_ GUARDED_BY(mutex_) = kOwnIds;
  const std::unique_ptr<IoClient> inner_;  // Last: its callbacks use the others.
};

Client::RequestId OAuth2Client::Start(ClientRequest request, Callback done) {
  const std::shared_ptr<const OAuth2Options> options = request.options->oauth2;
  if (!options) return inner_->Start(std::move(request), std::move(done));
  const int64_t timeout_ms = request.timeout_ms;
  std::optional<Waiting> ready;
  std::string authorization;
  RequestId id = 0;
  {
    MutexLock lock(mutex_);
    // A configuration that nobody uses any more is not asked for again.
    std::erase_if(sources_, [](const auto& entry) {
      return entry.second.options.use_count() == 1 && entry.second.waiting.empty() &&
             !entry.second.is_fetching;
    });
    id = ++last_id_;
    Source& source = sources_[options.get()];
    source.options = options;
    Waiting waiting{id, std::move(request), std::move(done)};
    if (clock_.NowMs() < source.token.end_ms - kExpiryDeltaMs) {
      authorization = source.token.authorization;
      ready = std::move(waiting);
    } else {
      source.waiting.push_back(std::move(waiting));
      if (source.is_fetching) return id;
      source.is_fetching = true;
    }
  }
  if (ready) {
    Send(std::move(*ready), authorization);
  } else {
    Fetch(options, timeout_ms);
  }
  return id;
}

void OAuth2Client::Fetch(const std::shared_ptr<const OAuth2Options>& options, int64_t timeout_ms) {
  Result<ClientRequest> request = TokenRequest(*options, timeout_ms);
  if (!request) return Fetched(options.get(), request.error());
  inner_->Start(std::move(*request), [this, key = options.get()](Result<ClientResponse> response) {
    Fetched(key, response ? ParseToken(*response, clock_.NowMs()) : response.error());
  });
}

void OAuth2Client::Fetched(const OAuth2Options* key, Result<Token> token) {
  std::vector<Waiting> waiting;
  {
    MutexLock lock(mutex_);
    Source& source = sources_[key];
    source.is_fetching = false;
    source.token = token ? *token : Token();
    waiting.swap(source.waiting);
  }
  for (Waiting& request : waiting) {
    if (token) {
      Send(std::move(request), token->authorization);
    } else {
      request.done(Error(
          token.error().code(),
          RequestErrorText(request.request.method, request.request.url, token.error().message())));
    }
  }
}

void OAuth2Client::Send(Waiting waiting, const std::string& authorization) {
  waiting.request.headers.emplace_back("Authorization", authorization);
  const RequestId id = waiting.id;
  {
    MutexLock lock(mutex_);
    inner_ids_.emplace(id, 0);
  }
  const RequestId inner_id = inner_->Start(
      std::move(waiting.request), [this, id, done = std::move(waiting.done)](auto response) {
        {
          MutexLock lock(mutex_);
          inner_ids_.erase(id);
        }
        done(std::move(response));
      });
  MutexLock lock(mutex_);
  if (const auto at = inner_ids_.find(id); at != inner_ids_.end()) at->second = inner_id;
}

void OAuth2Client::Cancel(RequestId id) {
  if (id < kOwnIds) return inner_->Cancel(id);
  std::optional<Waiting> canceled;
  RequestId inner_id = 0;
  {
    MutexLock lock(mutex_);
    if (const auto at = inner_ids_.find(id); at != inner_ids_.end()) inner_id = at->second;
    for (auto& [key, source] : sources_) {
      const auto at = std::find_if(source.waiting.begin(), source.waiting.end(),
                                   [id](const Waiting& waiting) { return waiting.id == id; });
      if (at == source.waiting.end()) continue;
      canceled = std::move(*at);
      source.waiting.erase(at);
    }
  }
  if (inner_id != 0) inner_->Cancel(inner_id);
  if (canceled) {
    canceled->done(Error(
        ErrorCode::kCanceled,
        RequestErrorText(canceled->request.method, canceled->request.url, "context canceled")));
  }
}

}  // namespace

std::unique_ptr<IoClient> WithOAuth2(std::unique_ptr<IoClient> inner, const Clock& clock) {
  return std::make_unique<OAuth2Client>(std::move(inner), clock);
}

}  // namespace tocsin::http

#include "discovery/api_client.h"

#include <optional>

namespace tocsin::discovery {

bool IsJsonContentType(std::string_view content_type) {
  std::string text;
  for (const char c : content_type) {
    text += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  if (!text.starts_with("application/json")) return false;
  std::string_view rest = std::string_view(text).substr(16);
  if (rest.empty()) return true;
  if (rest.front() != ';') return false;
  rest.remove_prefix(1);
  while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
  return rest == "charset=utf-8" || rest == "charset=\"utf-8\"";
}

ApiClient::ApiClient(http::Client& client, std::shared_ptr<const http::ClientOptions> options,
                     int64_t timeout_ms)
    : client_(client), options_(std::move(options)), timeout_ms_(timeout_ms) {}

Result<http::ClientResponse> ApiClient::Send(http::ClientRequest request) {
  // Shared with the callback, which may come after a Stop() has let the caller go.
  struct Answer {
    Mutex mutex;
    CondVar arrived;
    std::optional<Result<http::ClientResponse>> response GUARDED_BY(mutex);
  };
  request.options = options_;
  request.timeout_ms = timeout_ms_;
  request.max_body_bytes = kMaxBodyBytes;
  request.unix_socket = unix_socket_;
  auto answer = std::make_shared<Answer>();
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return Error(ErrorCode::kCanceled, "context canceled");
    running_ = client_.Start(std::move(request), [answer](Result<http::ClientResponse> response) {
      MutexLock answer_lock(answer->mutex);
      answer->response = std::move(response);
      answer->arrived.notify_all();
    });
  }
  MutexLock lock(answer->mutex);
  while (!answer->response) answer->arrived.wait(answer->mutex);
  return std::move(*answer->response);
}

Result<http::ClientResponse> ApiClient::Get(const std::string& url, http::Fields headers) {
  http::ClientRequest request;
  request.url = url;
  request.headers = std::move(headers);
  TOCSIN_ASSIGN_OR_RETURN(http::ClientResponse response, Send(std::move(request)));
  if (response.status != 200) {
    return Errorf(ErrorCode::kUnavailable, "Get \"{}\": server returned HTTP status {}", url,
                  response.status);
  }
  return response;
}

Result<JsonValue> ApiClient::GetJson(const std::string& url, http::Fields headers) {
  TOCSIN_ASSIGN_OR_RETURN(const http::ClientResponse response, Get(url, std::move(headers)));
  auto json = ParseJson(response.body);
  if (!json) return json.error().WithContext(fmt::format("Get \"{}\"", url));
  return json;
}

void ApiClient::Stop() {
  http::Client::RequestId running = 0;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
    running = running_;
  }
  if (running != 0) client_.Cancel(running);
}

bool ApiClient::is_stopped() const {
  MutexLock lock(mutex_);
  return is_stopped_;
}

}  // namespace tocsin::discovery

#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/timers.h"
#include "http/client.h"

namespace tocsin::scraper {

/// Answers requests from pages that the test sets, at once or when told; in virtual time, also too
/// late.
class FakeClient final : public http::Client {
 public:
  FakeClient(const Clock& clock, Timers& timers) : clock_(clock), timers_(timers) {}

  RequestId Start(http::ClientRequest request, Callback done) override {
    const RequestId id = ++last_id_;
    requests.push_back(request);
    if (!hold && delay_ms == 0) {
      done(Answer(request));
      return id;
    }
    const int64_t wait_ms = hold ? request.timeout_ms : std::min(delay_ms, request.timeout_ms);
    const bool is_late = hold || delay_ms >= request.timeout_ms;
    pending_[id] = std::move(done);
    timers_.RunAt(clock_.NowMs() + wait_ms, [this, id, request, is_late] {
      Finish(id, is_late ? Result<http::ClientResponse>(
                               Error(ErrorCode::kTimeout,
                                     "Get \"" + request.url + "\": context deadline exceeded"))
                         : Answer(request));
    });
    return id;
  }

  void Cancel(RequestId id) override {
    Finish(id, Error(ErrorCode::kCanceled, "context canceled"));
  }

  void SetPage(const std::string& page) { SetResponse(200, page); }
  void SetResponse(int status, const std::string& body,
                   const std::string& content_type = "text/plain; version=0.0.4") {
    http::ClientResponse response;
    response.status = status;
    response.body = body;
    if (!content_type.empty()) response.headers.emplace_back("content-type", content_type);
    answer = std::move(response);
  }
  void SetError(Error error) { answer = std::move(error); }

  std::vector<http::ClientRequest> requests;
  Result<http::ClientResponse> answer = Error(ErrorCode::kUnavailable, "connection refused");
  std::map<std::string, std::string> page_of_url;  ///< Wins over `answer`.
  bool hold = false;                               ///< Targets accept and say nothing.
  int64_t delay_ms = 0;                            ///< Targets take so long.

 private:
  Result<http::ClientResponse> Answer(const http::ClientRequest& request) {
    const auto page = page_of_url.find(request.url);
    if (page != page_of_url.end()) SetPage(page->second);
    if (answer && request.max_body_bytes > 0 && answer->body.size() > request.max_body_bytes) {
      return Error(ErrorCode::kTooLarge, "body is larger than allowed");
    }
    return answer;
  }

  void Finish(RequestId id, Result<http::ClientResponse> response) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    Callback done = std::move(found->second);
    pending_.erase(found);
    done(std::move(response));
  }

  const Clock& clock_;
  Timers& timers_;
  RequestId last_id_ = 0;
  std::map<RequestId, Callback> pending_;
};

}  // namespace tocsin::scraper

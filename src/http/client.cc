#include "http/client.h"

#include <algorithm>
#include <limits>

#include "base/compression.h"
#include "base/mutex.h"

namespace tocsin::http {

Status DecodeBody(ClientResponse& response, uint64_t max_body_bytes) {
  std::string buffer;
  return DecodeBody(response, max_body_bytes, buffer);
}

Status DecodeBody(ClientResponse& response, uint64_t max_body_bytes, std::string& buffer) {
  if (FindHeader(response.headers, "Content-Encoding") != "gzip") return {};
  const size_t limit = max_body_bytes == 0 ? std::numeric_limits<size_t>::max() : max_body_bytes;
  const Status status = GzipDecompress(response.body, limit, buffer);
  if (!status && status.error().code() == ErrorCode::kTooLarge) {
    return Error(ErrorCode::kTooLarge, "body size limit exceeded");
  }
  TOCSIN_RETURN_IF_ERROR(status);
  std::swap(response.body, buffer);
  std::erase_if(response.headers,
                [](const auto& field) { return FindHeader({field}, "Content-Encoding") != ""; });
  return {};
}

Result<ClientResponse> Client::Send(ClientRequest request) {
  struct Answer {
    Mutex mutex;
    CondVar arrived;
    std::optional<Result<ClientResponse>> result GUARDED_BY(mutex);
  };
  // Shared with the callback, which may still hold the lock when the waiting side has returned.
  const auto answer = std::make_shared<Answer>();
  Start(std::move(request), [answer](Result<ClientResponse> result) {
    MutexLock lock(answer->mutex);
    answer->result = std::move(result);
    answer->arrived.notify_all();
  });
  MutexLock lock(answer->mutex);
  while (!answer->result) answer->arrived.wait(answer->mutex);
  return std::move(*answer->result);
}

}  // namespace tocsin::http

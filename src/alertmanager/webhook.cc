#include <algorithm>
#include <utility>

#include "alertmanager/receiver_kinds.h"
#include "alertmanager/webhook_payload.h"

namespace tocsin::alertmanager {

namespace {

// Enough of an answer to say what went wrong.
constexpr uint64_t kMaxAnswerBytes = 64 << 10;
constexpr size_t kMaxDetailBytes = 512;

std::string FailureReason(int status) {
  if (status == 401 || status == 403) return "authError";
  if (status == 429) return "rateLimited";
  if (status >= 400 && status < 500) return "clientError";
  if (status >= 500 && status < 600) return "serverError";
  return "other";
}

SendResult FromResponse(const http::ClientResponse& response) {
  if (response.status / 100 == 2) return {};
  std::string text = fmt::format("unexpected status code {}", response.status);
  if (!response.body.empty()) text.append(": ").append(response.body, 0, kMaxDetailBytes);
  return {Error(ErrorCode::kUnavailable, std::move(text)), response.status / 100 == 5,
          FailureReason(response.status)};
}

// The URL is a secret.
std::string Redact(std::string text, const std::string& url) {
  for (size_t at = text.find(url); at != std::string::npos; at = text.find(url, at)) {
    text.replace(at, url.size(), "<redacted>");
  }
  return text;
}

SendResult FromError(const Error& error, const std::string& url) {
  SendResult result{Error(error.code(), Redact(error.message(), url)), true, "other"};
  if (error.code() == ErrorCode::kTimeout) result.failure_reason = "contextDeadlineExceeded";
  if (error.code() == ErrorCode::kCanceled) result.failure_reason = "contextCanceled";
  return result;
}

class Webhook final : public Integration {
 public:
  Webhook(uint32_t index, config::WebhookConfig config, const IntegrationDependencies& dependencies,
          http::ClientOptions options, std::shared_ptr<const NotificationTemplates> templates)
      : Integration("webhook", index, config.send_resolved),
        config_(std::move(config)),
        fs_(dependencies.fs),
        client_(dependencies.client),
        user_agent_(dependencies.user_agent),
        options_(std::make_shared<const http::ClientOptions>(std::move(options))),
        templates_(std::move(templates)) {}

  void Notify(const NotificationContext& context, const AlertList& alerts, int64_t timeout_ms,
              Done done) override {
    auto request = MakeRequest(context, alerts);
    if (!request) {
      done({request.error(), false, "other"});
      return;
    }
    const int64_t own_timeout_ms = config_.timeout.count();
    request->timeout_ms = own_timeout_ms > 0 ? std::min(own_timeout_ms, timeout_ms) : timeout_ms;
    std::string url = request->url;
    client_.Start(*std::move(request), [url = std::move(url), done = std::move(done)](
                                           Result<http::ClientResponse> response) {
      done(response ? FromResponse(*response) : FromError(response.error(), url));
    });
  }

 private:
  Result<http::ClientRequest> MakeRequest(const NotificationContext& context,
                                          const AlertList& alerts) const {
    // Cut before anything is computed from them: common labels and status are those of what is
    // sent.
    AlertList sent = alerts;
    if (config_.max_alerts != 0 && sent.size() > config_.max_alerts) {
      sent.resize(config_.max_alerts);
    }
    const NotificationData data = templates_->MakeData(context, sent);
    http::ClientRequest request;
    request.method = "POST";
    TOCSIN_ASSIGN_OR_RETURN(const std::string url, Url());
    TOCSIN_ASSIGN_OR_RETURN(request.url, templates_->Render(url, data));
    if (config_.payload) {
      TOCSIN_ASSIGN_OR_RETURN(request.body,
                              CustomWebhookPayload(*config_.payload, *templates_, data));
    } else {
      request.body = WebhookPayload(data, context.group_key, alerts.size() - sent.size());
    }
    request.headers = {{"Content-Type", "application/json"}, {"User-Agent", user_agent_}};
    request.options = options_;
    request.max_body_bytes = kMaxAnswerBytes;
    return request;
  }

  // A file is read each time, so that a rotated secret works at once.
  Result<std::string> Url() const {
    if (config_.url_file.empty()) return config_.url.reveal();
    TOCSIN_ASSIGN_OR_RETURN(std::string text, fs_.ReadFile(config_.url_file));
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    return text;
  }

  const config::WebhookConfig config_;
  Fs& fs_;
  http::Client& client_;
  const std::string user_agent_;
  const std::shared_ptr<const http::ClientOptions> options_;
  const std::shared_ptr<const NotificationTemplates> templates_;
};

}  // namespace

Result<Integrations> MakeWebhooks(const config::ReceiverConfig& receiver,
                                  const IntegrationDependencies& dependencies,
                                  std::shared_ptr<const NotificationTemplates> templates) {
  Integrations integrations;
  for (const config::WebhookConfig& config : receiver.webhooks) {
    auto options = dependencies.make_client_options(config.http_config);
    if (!options) return options.error().WithContext("receiver " + receiver.name);
    integrations.push_back(std::make_shared<Webhook>(static_cast<uint32_t>(integrations.size()),
                                                     config, dependencies, *std::move(options),
                                                     templates));
  }
  return integrations;
}

}  // namespace tocsin::alertmanager

#include <string>
#include <utility>

#include "alertmanager/receiver_kinds.h"
#include "alertmanager/timestamp_text.h"
#include "model/duration.h"

namespace tocsin::alertmanager {

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

// The sentence a person wants first.
std::string Summary(const StoredAlert& alert) {
  for (const std::string_view name : {"summary", "description", "message"}) {
    const std::string_view text = alert.annotations.Get(name);
    if (!text.empty()) return std::string(text);
  }
  return "";
}

std::string LabelText(const StoredAlert& alert) {
  std::string text;
  for (const LabelView label : alert.labels) {
    if (label.name == kAlertNameLabel) continue;
    if (!text.empty()) text.push_back(' ');
    text.append(label.name).append("=").append(label.value);
  }
  return text;
}

// Line breaks of annotations would tear the page apart.
std::string OnOneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

/// Prints pages for whoever watches the terminal.
class Console final : public Integration {
 public:
  Console(const Clock& clock, std::function<void(const std::string&)> print_line)
      : Integration("console", 0, true), clock_(clock), print_line_(std::move(print_line)) {}

  void Notify(const NotificationContext& context, const AlertList& alerts, int64_t,
              Done done) override {
    for (const AlertPtr& alert : alerts) print_line_(Line(*alert, context));
    done({});
  }

 private:
  std::string Line(const StoredAlert& alert, const NotificationContext& context) const {
    const bool is_firing = alert.ends_at_ns == 0;
    std::string line = is_firing ? "[FIRING]   " : "[RESOLVED] ";
    line.append(alert.labels.Get(kAlertNameLabel));
    const std::string summary = Summary(alert);
    if (!summary.empty()) line.append(": ").append(summary);
    const std::string labels = LabelText(alert);
    if (!labels.empty()) line.append("  {").append(labels).append("}");
    line.append(Since(alert, is_firing));
    if (context.reason == NotificationReason::kRepeatInterval) line.append(" (still)");
    return OnOneLine(std::move(line));
  }

  // "since 2026-03-01T12:00:00Z (5m)", or "after 12m30s" when it is over.
  std::string Since(const StoredAlert& alert, bool is_firing) const {
    const int64_t end_ns = is_firing ? clock_.NowNs() : alert.ends_at_ns;
    const int64_t seconds = (end_ns - alert.starts_at_ns) / kNanosPerSecond;
    const std::string duration = FormatDurationMs(std::max<int64_t>(seconds, 0) * 1000);
    if (!is_firing) return "  after " + duration;
    const int64_t start_ns = alert.starts_at_ns / kNanosPerSecond * kNanosPerSecond;
    return "  since " + FormatTimestamp({start_ns, alert.starts_at_offset_seconds}) + " (" +
           duration + ")";
  }

  const Clock& clock_;
  const std::function<void(const std::string&)> print_line_;
};

}  // namespace

Result<Integrations> MakeConsole(const config::ReceiverConfig& receiver,
                                 const IntegrationDependencies& dependencies,
                                 std::shared_ptr<const NotificationTemplates>) {
  const bool is_console = receiver.name == "console" && receiver.webhooks.empty() &&
                          receiver.unsupported.empty() && dependencies.print_line != nullptr;
  if (!is_console) return Integrations();
  return Integrations{std::make_shared<Console>(dependencies.clock, dependencies.print_line)};
}

}  // namespace tocsin::alertmanager

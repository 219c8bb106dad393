#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

#include "base/json_writer.h"

namespace tocsin {

namespace {

std::string_view LevelText(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
  }
  return "INFO";
}

// Go's slog quotes a value when it is empty or has a space, '=', '"' or a control character.
bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c == '=' || c == '"' || c == 0x7f) return true;
  }
  return false;
}

void AppendLogfmt(std::string& line, std::string_view key, std::string_view value) {
  line.append(line.empty() ? "" : " ").append(key).push_back('=');
  if (NeedsQuotes(value)) {
    AppendJsonString(line, value, JsonWriter::Escape::kPlain);
  } else {
    line.append(value);
  }
}

// UTC with milliseconds: 2026-08-21T10:11:12.345Z.
std::string NowText() {
  const auto now = std::chrono::system_clock::now();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms);
}

class SinkLogger final : public Logger {
 public:
  SinkLogger(LogLevel level, LogFormat format, spdlog::sink_ptr sink)
      : level_(level), format_(format), sink_("tocsin", std::move(sink)) {
    sink_.set_pattern("%v");
  }

  /// A file is complete after each line.
  void FlushEachLine() { sink_.flush_on(spdlog::level::trace); }

  bool IsEnabled(LogLevel level) const override { return level >= level_; }

  void Write(LogLevel level, std::string_view message, std::span<const LogField> fields) override {
    std::string line;
    if (format_ == LogFormat::kLogfmt) {
      AppendLogfmt(line, "time", NowText());
      AppendLogfmt(line, "level", LevelText(level));
      AppendLogfmt(line, "msg", message);
      for (const LogField& field : fields) AppendLogfmt(line, field.key, field.value);
    } else {
      JsonWriter json(line, JsonWriter::Escape::kPlain);
      json.BeginObject();
      json.KeyString("time", NowText());
      json.KeyString("level", LevelText(level));
      json.KeyString("msg", message);
      for (const LogField& field : fields) json.KeyString(field.key, field.value);
      json.EndObject();
    }
    sink_.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LogLevel level_;
  const LogFormat format_;
  spdlog::logger sink_;
};

}  // namespace

void ContextLogger::Write(LogLevel level, std::string_view message,
                          std::span<const LogField> fields) {
  std::vector<LogField> all;
  all.reserve(context_.size() + fields.size());
  for (const auto& [key, value] : context_) all.push_back({key, value});
  all.insert(all.end(), fields.begin(), fields.end());
  inner_.Write(level, message, all);
}

std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format) {
  return std::make_unique<SinkLogger>(level, format,
                                      std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

Result<std::shared_ptr<Logger>> OpenJsonFileLogger(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    auto logger = std::make_shared<SinkLogger>(LogLevel::kDebug, LogFormat::kJson, std::move(sink));
    logger->FlushEachLine();
    return std::shared_ptr<Logger>(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    return Errorf(ErrorCode::kUnavailable, "cannot open {}: {}", path, error.what());
  }
}

}  // namespace tocsin

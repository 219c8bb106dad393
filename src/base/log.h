#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// One key and value of a log line. The views live for the call only.
struct LogField {
  std::string_view key;
  std::string_view value;
};

/// Writes structured log lines: a message and fields. Given to components by constructor.
/// Thread-safe.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual bool IsEnabled(LogLevel level) const = 0;
  virtual void Write(LogLevel level, std::string_view message,
                     std::span<const LogField> fields) = 0;

  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, message, fields);
  }

 private:
  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (IsEnabled(level)) Write(level, message, {fields.begin(), fields.size()});
  }
};

/// Drops everything: for tests and tools.
class NullLogger final : public Logger {
 public:
  bool IsEnabled(LogLevel) const override { return false; }
  void Write(LogLevel, std::string_view, std::span<const LogField>) override {}
};

/// `inner` with fixed fields before those of each line, as in component="scrape manager".
/// Keeps a reference to `inner`, which must outlive it.
class ContextLogger final : public Logger {
 public:
  ContextLogger(Logger& inner, std::vector<std::pair<std::string, std::string>> context)
      : inner_(inner), context_(std::move(context)) {}
  bool IsEnabled(LogLevel level) const override { return inner_.IsEnabled(level); }
  void Write(LogLevel level, std::string_view message, std::span<const LogField> fields) override;

 private:
  Logger& inner_;
  std::vector<std::pair<std::string, std::string>> context_;
};

enum class LogFormat { kLogfmt, kJson };

/// Lines to standard error as Prometheus 3 prints them (Go's slog): time, level, source-less msg,
/// fields.
std::unique_ptr<Logger> MakeStderrLogger(LogLevel level, LogFormat format);

/// All lines to the end of the file at `path`, which is created if need be, as JSON.
Result<std::shared_ptr<Logger>> OpenJsonFileLogger(const std::string& path);

}  // namespace tocsin

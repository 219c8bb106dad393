#include "config/yaml_reader.h"

#include <charconv>
#include <cmath>
#include <filesystem>

#include "config/byte_size.h"
#include "config/url_text.h"
#include "model/duration.h"
#include "model/number_text.h"

namespace tocsin::config {
namespace {

// How a value of the wrong kind is quoted in an error.
std::string Shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "null";
    case YamlNode::Kind::kScalar:
      return node.text;
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

void WrongType(ConfigReader& reader, const YamlNode& node, std::string_view expected) {
  reader.Fail(node, fmt::format("expected {} ({})", expected, Shown(node)));
}

// YAML 1.1 integers that people write: decimal, with underscores, or 0x, 0o, 0b.
template <typename Integer>
bool ParseInteger(std::string_view text, Integer& out) {
  std::string digits;
  for (const char c : text)
    if (c != '_') digits.push_back(c);
  int base = 10;
  const std::string_view prefix = std::string_view(digits).substr(0, 2);
  if (prefix == "0x") base = 16;
  if (prefix == "0o") base = 8;
  if (prefix == "0b") base = 2;
  const char* begin = digits.data() + (base == 10 ? 0 : 2);
  const char* end = digits.data() + digits.size();
  if (base == 10 && begin != end && *begin == '+') ++begin;
  const auto [at, error] = std::from_chars(begin, end, out, base);
  return error == std::errc() && at == end && begin != end;
}

template <typename Integer>
void ReadInteger(ConfigReader& reader, const YamlNode& node, Integer& out,
                 std::string_view expected) {
  if (node.is_null()) return;
  if (!node.is_scalar() || node.is_quoted || !ParseInteger(node.text, out))
    WrongType(reader, node, expected);
}

std::string DirectoryOf(const std::string& file_name) {
  const size_t slash = file_name.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : file_name.substr(0, slash);
}

}  // namespace

ConfigReader::ConfigReader(std::string file_name, ConfigWarnings* warnings)
    : file_name_(std::move(file_name)), directory_(DirectoryOf(file_name_)), warnings_(warnings) {}

std::string ConfigReader::Place(const YamlNode& at, std::string_view message) const {
  if (at.line == 0) return fmt::format("{}: {}", file_name_, message);
  return fmt::format("{}:{}:{}: {}", file_name_, at.line, at.column, message);
}

void ConfigReader::Fail(const YamlNode& at, std::string_view message) {
  if (!error_) error_ = Error(ErrorCode::kInvalidArgument, Place(at, message));
}

void ConfigReader::Warn(const YamlNode& at, std::string_view message) {
  if (warnings_ != nullptr) warnings_->push_back(Place(at, message));
}

std::string ConfigReader::JoinDirectory(const std::string& path) const {
  if (path.empty() || path[0] == '/' || directory_.empty()) return path;
  return (std::filesystem::path(directory_) / path).lexically_normal().string();
}

MappingReader::MappingReader(ConfigReader& reader, const YamlNode& node)
    : reader_(reader), node_(node), taken_(node.entries.size()) {
  ExpectMapping(reader, node);
}

const YamlNode* MappingReader::Take(std::string_view key) {
  for (size_t i = 0; i < node_.entries.size(); ++i) {
    if (node_.entries[i].key.text != key) continue;
    taken_[i] = true;
    return &node_.entries[i].value;
  }
  return nullptr;
}

void MappingReader::TakeRest(
    const std::function<bool(const std::string& key, const YamlNode& value)>& accept) {
  for (size_t i = 0; i < node_.entries.size(); ++i) {
    const YamlEntry& entry = node_.entries[i];
    if (!taken_[i] && accept(entry.key.text, entry.value)) taken_[i] = true;
  }
}

void MappingReader::Fail(std::string_view key, std::string_view message) {
  const YamlNode* value = node_.Find(key);
  reader_.Fail(value == nullptr ? node_ : *value, message);
}

void MappingReader::Finish() {
  for (size_t i = 0; i < node_.entries.size(); ++i) {
    if (taken_[i]) continue;
    const YamlNode& key = node_.entries[i].key;
    return reader_.Fail(key, fmt::format("unknown key ({})", key.text));
  }
}

bool ExpectSequence(ConfigReader& reader, const YamlNode& node) {
  if (node.is_null() || node.is_sequence()) return true;
  WrongType(reader, node, "a list");
  return false;
}

bool ExpectMapping(ConfigReader& reader, const YamlNode& node) {
  if (node.is_null() || node.is_mapping()) return true;
  WrongType(reader, node, "a mapping");
  return false;
}

void ReadValue(ConfigReader& reader, const YamlNode& node, std::string& out) {
  if (!node.is_null() && !node.is_scalar()) return WrongType(reader, node, "a string");
  out = node.text;
}

void ReadValue(ConfigReader& reader, const YamlNode& node, Secret& out) {
  std::string text;
  ReadValue(reader, node, text);
  out = Secret(std::move(text));
}

void ReadValue(ConfigReader& reader, const YamlNode& node, bool& out) {
  if (node.is_null()) return;
  // yaml.v2 resolves these, as YAML 1.1 does.
  static constexpr std::string_view kTrue[] = {"true", "True", "TRUE", "y",  "Y", "yes",
                                               "Yes",  "YES",  "on",   "On", "ON"};
  static constexpr std::string_view kFalse[] = {"false", "False", "FALSE", "n",   "N",  "no",
                                                "No",    "NO",    "off",   "Off", "OFF"};
  if (node.is_scalar() && !node.is_quoted) {
    for (const std::string_view word : kTrue)
      if (node.text == word) return void(out = true);
    for (const std::string_view word : kFalse)
      if (node.text == word) return void(out = false);
  }
  WrongType(reader, node, "true or false");
}

void ReadValue(ConfigReader& reader, const YamlNode& node, int64_t& out) {
  ReadInteger(reader, node, out, "a whole number");
}

void ReadValue(ConfigReader& reader, const YamlNode& node, uint64_t& out) {
  ReadInteger(reader, node, out, "a whole number that is not negative");
}

void ReadValue(ConfigReader& reader, const YamlNode& node, double& out) {
  if (node.is_null()) return;
  std::optional<double> number;
  if (node.is_scalar() && !node.is_quoted) number = ParseGoFloat(node.text);
  if (!number || !std::isfinite(*number)) return WrongType(reader, node, "a number");
  out = *number;
}

void ReadValue(ConfigReader& reader, const YamlNode& node, std::chrono::milliseconds& out) {
  if (node.is_null()) return;
  if (!node.is_scalar()) return WrongType(reader, node, "a duration");
  const Result<int64_t> duration_ms = ParseDurationMs(node.text);
  if (!duration_ms) return reader.Fail(node, duration_ms.error().message());
  out = std::chrono::milliseconds(*duration_ms);
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const FilePath& out) {
  ReadValue(reader, node, out.path);
  out.path = reader.JoinDirectory(out.path);
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const FilePaths& out) {
  ReadValue(reader, node, out.paths);
  for (std::string& path : out.paths) path = reader.JoinDirectory(path);
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const Url& out) {
  ReadValue(reader, node, out.url);
  if (const Status status = CheckUrl(out.url); !status) reader.Fail(node, status.error().message());
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const ByteSize& out) {
  if (node.is_null()) return;
  if (!node.is_scalar()) return WrongType(reader, node, "a size");
  const Result<uint64_t> bytes = ParseByteSize(node.text);
  if (!bytes) return reader.Fail(node, bytes.error().message());
  out.bytes = *bytes;
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const Choice& out) {
  if (node.is_null()) return;
  ReadValue(reader, node, out.value);
  for (const std::string_view word : out.allowed)
    if (out.value == word) return;
  reader.Fail(node, fmt::format(fmt::runtime(out.message), out.value));
}

void ReadValue(ConfigReader& reader, const YamlNode& node, const FlowList& out) {
  ReadValue(reader, node, out.list);
}

}  // namespace tocsin::config

#include "config/yaml_writer.h"

#include "config/byte_size.h"
#include "config/url_text.h"
#include "model/duration.h"
#include "model/number_text.h"

namespace tocsin::config {
namespace {

// Keys whose values must not be shown, in blocks that are kept as written.
bool NamesSecret(std::string_view key) {
  if (key.ends_with("_file") || key.ends_with("_ref") || key.ends_with("_id")) return false;
  static constexpr std::string_view kWords[] = {"password",    "secret",     "token",  "credential",
                                                "private_key", "api_key",    "apikey", "passphrase",
                                                "service_key", "routing_key"};
  for (const std::string_view word : kWords)
    if (key.find(word) != std::string_view::npos) return key != "token_url" && key != "token_uri";
  return key == "service_account_key" || key == "user_key" || key == "bearer_token" ||
         key == "key" || key == "application_key";
}

void MaskSecrets(YamlNode& node) {
  for (YamlEntry& entry : node.entries) {
    if (NamesSecret(entry.key.text) && entry.value.is_scalar() && !entry.value.text.empty())
      entry.value = YamlNode::Plain(kSecretText);
    else if (entry.value.is_scalar())
      entry.value.text = RedactUrl(entry.value.text);
    else
      MaskSecrets(entry.value);
  }
  for (YamlNode& item : node.items) MaskSecrets(item);
}

}  // namespace

bool WriteValue(YamlNode& out, const std::string& value) {
  out = YamlNode::String(value);
  return !value.empty();
}

bool WriteValue(YamlNode& out, const Secret& value) { return WriteValue(out, value.ToString()); }

bool WriteValue(YamlNode& out, bool value) {
  out = YamlNode::Plain(value ? "true" : "false");
  return value;
}

bool WriteValue(YamlNode& out, int64_t value) {
  out = YamlNode::Plain(std::to_string(value));
  return value != 0;
}

bool WriteValue(YamlNode& out, uint64_t value) {
  out = YamlNode::Plain(std::to_string(value));
  return value != 0;
}

bool WriteValue(YamlNode& out, double value) {
  out = YamlNode::Plain(FormatFloatGeneral(value));
  return value != 0;
}

bool WriteValue(YamlNode& out, std::chrono::milliseconds value) {
  out = YamlNode::Plain(FormatDurationMs(value.count()));
  return value.count() != 0;
}

bool WriteValue(YamlNode& out, const Labels& value) {
  out = YamlNode::Mapping();
  for (const LabelView label : value)
    out.Add(label.name, YamlNode::String(std::string(label.value)));
  return !value.empty();
}

bool WriteValue(YamlNode& out, const YamlNode& value) {
  out = value;
  MaskSecrets(out);
  return !value.is_null();
}

bool WriteValue(YamlNode& out, const FilePath& value) { return WriteValue(out, value.path); }

bool WriteValue(YamlNode& out, const FilePaths& value) { return WriteValue(out, value.paths); }

bool WriteValue(YamlNode& out, const Url& value) { return WriteValue(out, RedactUrl(value.url)); }

bool WriteValue(YamlNode& out, const ByteSize& value) {
  out = YamlNode::Plain(FormatByteSize(value.bytes));
  return value.bytes != 0;
}

bool WriteValue(YamlNode& out, const Choice& value) { return WriteValue(out, value.value); }

bool WriteValue(YamlNode& out, const FlowList& value) {
  const bool is_set = WriteValue(out, value.list);
  out.is_flow = true;
  return is_set;
}

}  // namespace tocsin::config

#include "config/target_group_file.h"

#include <cctype>

#include "base/json_value.h"
#include "config/discovery_binding.h"
#include "config/yaml_parser.h"
#include "model/number_text.h"

namespace tocsin::config {
namespace {

constexpr std::string_view kFilePathLabel = "__meta_filepath";
constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // As kMaxYamlBytes.

// JSON carries no places; its errors name the file alone.
YamlNode FromJson(const JsonValue& value) {
  YamlNode node;
  if (const std::string* text = value.AsString()) return YamlNode::String(*text);
  if (const bool* boolean = value.AsBool()) return YamlNode::Plain(*boolean ? "true" : "false");
  if (const int64_t* integer = value.AsInt()) return YamlNode::Plain(std::to_string(*integer));
  if (value.is_number()) return YamlNode::Plain(FormatFloatGeneral(value.number()));
  if (const JsonValue::Array* array = value.AsArray()) {
    node = YamlNode::Sequence();
    for (const JsonValue& item : *array) node.items.push_back(FromJson(item));
  }
  if (const JsonValue::Object* object = value.AsObject()) {
    node = YamlNode::Mapping();
    for (const auto& [key, member] : *object) node.Add(key, FromJson(member));
  }
  return node;
}

std::string LowerExtension(const std::string& path) {
  const size_t dot = path.rfind('.');
  std::string extension = dot == std::string::npos ? "" : path.substr(dot);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

Result<YamlNode> ParseByExtension(std::string_view text, const std::string& path) {
  const std::string extension = LowerExtension(path);
  if (extension == ".yml" || extension == ".yaml") return ParseYaml(text, path);
  if (extension != ".json")
    return Errorf(ErrorCode::kInvalidArgument, "{}: unknown file extension of a target file ({})",
                  path, extension);
  Result<JsonValue> json = ParseJson(text);
  if (!json) return json.error().WithContext(path);
  return FromJson(*json);
}

}  // namespace

Result<std::vector<TargetGroup>> ParseTargetGroupFile(std::string_view text,
                                                      const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const YamlNode node, ParseByExtension(text, path));
  ConfigReader reader(path, nullptr);
  std::vector<TargetGroup> groups;
  if (ExpectSequence(reader, node)) {
    for (size_t i = 0; i < node.items.size() && !reader.failed(); ++i) {
      if (node.items[i].is_null()) {
        reader.Fail(node.items[i], fmt::format("nil target group item found (index {})", i));
        break;
      }
      TargetGroup& group = groups.emplace_back();
      group.source = fmt::format("{}:{}", path, i);
      ReadTargetGroup(reader, node.items[i], group);
      LabelsBuilder labels(group.labels);
      labels.Set(kFilePathLabel, path);
      group.labels = labels.Build();
    }
  }
  if (reader.failed()) return reader.error();
  return groups;
}

Result<std::vector<TargetGroup>> LoadTargetGroupFile(Fs& fs, const std::string& path) {
  TOCSIN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, kMaxFileBytes));
  return ParseTargetGroupFile(text, path);
}

}  // namespace tocsin::config

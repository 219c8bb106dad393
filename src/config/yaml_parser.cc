#include "config/yaml_parser.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <istream>
#include <map>
#include <streambuf>
#include <string>
#include <unordered_set>
#include <utility>

#include "model/labels.h"

namespace tocsin::config {
namespace {

constexpr std::string_view kMergeKey = "<<";
constexpr std::string_view kBinaryTag = "tag:yaml.org,2002:binary";

int Base64Digit(char c) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Replaces `out` by the bytes that standard base64 `text` stands for; false if it is malformed.
bool DecodeBase64(const std::string& text, std::string& out) {
  std::string digits;
  for (const char c : text)
    if (c != '\n' && c != '\r') digits.push_back(c);
  if (digits.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && !digits.empty() && digits.back() == '='; ++padding)
    digits.pop_back();
  out.clear();
  uint32_t bits = 0;
  int count = 0;
  for (const char c : digits) {
    const int digit = Base64Digit(c);
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return true;
}

// Lets the parser read a view without copying it.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // Only the get area is set: never written.
    setg(begin, begin, begin + text.size());
  }
};

// Ends the parse from inside a handler; caught in ParseYaml and nowhere else.
struct Refusal {
  int line;
  int column;
  std::string message;
};

[[noreturn]] void Refuse(const YamlNode& at, std::string message) {
  throw Refusal{at.line, at.column, std::move(message)};
}

size_t CountNodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += CountNodes(item);
  for (const YamlEntry& entry : node.entries) count += 1 + CountNodes(entry.value);
  return count;
}

// Where a value that was left out belongs: at the dash or colon before `mark`, which is the place
// of whatever comes next. Gives `mark` back for a null that is written out.
YAML::Mark PlaceOfNull(std::string_view text, const YAML::Mark& mark) {
  const auto at = static_cast<size_t>(std::max(mark.pos, 0));
  if (at < text.size() && std::string_view("nN~").find(text[at]) != std::string_view::npos)
    return mark;
  const size_t last = text.substr(0, at).find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos || (text[last] != '-' && text[last] != ':')) return mark;
  YAML::Mark place;
  place.pos = static_cast<int>(last);
  place.line = static_cast<int>(std::count(text.begin(), text.begin() + last, '\n'));
  const size_t newline = text.rfind('\n', last);
  place.column = static_cast<int>(newline == std::string_view::npos ? last : last - newline - 1);
  return place;
}

// Builds the tree out of the parser's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Finish(MakeNode(PlaceOfNull(text_, mark), YamlNode::Kind::kNull), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = MakeNode(mark, YamlNode::Kind::kScalar);
    node.is_quoted = tag != "?" && tag != "";
    node.text = value;
    if (tag == kBinaryTag && !DecodeBase64(value, node.text))
      Refuse(node, "!!binary value contains invalid base64 data");
    Finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode place = MakeNode(mark, YamlNode::Kind::kNull);
    const auto at = anchors_.find(anchor);
    if (at == anchors_.end()) Refuse(place, "anchor contains itself");
    alias_nodes_ += at->second.node_count;
    if (alias_nodes_ > kMaxYamlAliasNodes) Refuse(place, "document has excessive aliasing");
    YamlNode copy = at->second.node;
    copy.line = place.line;
    copy.column = place.column;
    Finish(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kSequence), anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(MakeNode(mark, YamlNode::Kind::kMapping), anchor);
  }
  void OnMapEnd() override {
    YamlNode& mapping = open_.back().node;
    RefuseDuplicateKeys(mapping);
    ExpandMergeKeys(mapping);
    Close();
  }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
    bool has_key = false;
    YamlNode key;
  };
  struct Anchored {
    YamlNode node;
    size_t node_count;
  };

  YamlNode MakeNode(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    if (++node_count_ > kMaxYamlNodes) Refuse(node, "document has too many values");
    return node;
  }

  void Open(YamlNode node, YAML::anchor_t anchor) {
    if (static_cast<int>(open_.size()) >= kMaxYamlDepth)
      Refuse(node, "document is nested too deep");
    open_.push_back({std::move(node), anchor, false, {}});
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Finish(std::move(closed.node), closed.anchor);
  }

  void Finish(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      const size_t count = CountNodes(node);
      alias_nodes_ += count;  // The copy kept for aliases costs as much as an alias.
      if (alias_nodes_ > kMaxYamlAliasNodes) Refuse(node, "document has excessive aliasing");
      anchors_[anchor] = {node, count};
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.is_sequence() || node.is_mapping()) Refuse(node, "a key must be a plain value");
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.node.entries.push_back({std::move(parent.key), std::move(node)});
      parent.has_key = false;
    }
  }

  static bool IsMergeKey(const YamlNode& key) { return key.text == kMergeKey && !key.is_quoted; }

  static void RefuseDuplicateKeys(const YamlNode& mapping) {
    std::unordered_set<std::string_view> seen;
    for (const YamlEntry& entry : mapping.entries) {
      if (!seen.insert(entry.key.text).second && !IsMergeKey(entry.key))
        Refuse(entry.key, fmt::format("key already set in this block ({})", entry.key.text));
    }
  }

  // What the mapping says itself wins over what it merges; earlier merges win over later ones.
  static void ExpandMergeKeys(YamlNode& mapping) {
    std::vector<YamlEntry> own;
    std::vector<YamlEntry> merges;
    for (YamlEntry& entry : mapping.entries)
      (IsMergeKey(entry.key) ? merges : own).push_back(std::move(entry));
    mapping.entries = std::move(own);
    for (const YamlEntry& merge : merges) {
      if (merge.value.is_mapping()) {
        MergeInto(mapping, merge.value);
        continue;
      }
      if (!merge.value.is_sequence())
        Refuse(merge.key, "map merge requires map or sequence of maps");
      for (const YamlNode& item : merge.value.items) {
        if (!item.is_mapping()) Refuse(item, "map merge requires map or sequence of maps");
        MergeInto(mapping, item);
      }
    }
  }

  static void MergeInto(YamlNode& mapping, const YamlNode& from) {
    std::unordered_set<std::string> present;
    for (const YamlEntry& entry : mapping.entries) present.insert(entry.key.text);
    for (const YamlEntry& entry : from.entries) {
      if (!present.contains(entry.key.text)) mapping.entries.push_back(entry);
    }
  }

  const std::string_view text_;  // Lives as long as the parse.
  YamlNode root_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  size_t node_count_ = 0;
  size_t alias_nodes_ = 0;
};

Error PlacedError(std::string_view file_name, int line, int column, std::string_view message) {
  return Errorf(ErrorCode::kInvalidArgument, "{}:{}:{}: {}", file_name, line, column, message);
}

// Where the first byte is that does not belong to UTF-8, as line and column.
std::pair<int, int> PlaceOfInvalidUtf8(std::string_view text) {
  int line = 1;
  while (true) {
    const size_t end = text.find('\n');
    const std::string_view current = text.substr(0, end);
    if (!IsValidUtf8(current)) {
      size_t good = 0;
      for (size_t size = 1; size <= current.size(); ++size)
        if (IsValidUtf8(current.substr(good, size - good))) good = size;
      return {line, static_cast<int>(good) + 1};
    }
    if (end == std::string_view::npos) return {line, 1};
    text.remove_prefix(end + 1);
    ++line;
  }
}

Status CheckText(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxYamlBytes)
    return Errorf(ErrorCode::kTooLarge, "{}: file is larger than {} bytes ({})", file_name,
                  kMaxYamlBytes, text.size());
  if (!IsValidUtf8(text)) {
    const auto [line, column] = PlaceOfInvalidUtf8(text);
    return PlacedError(file_name, line, column, "file is not valid UTF-8");
  }
  return {};
}

}  // namespace

Result<YamlNode> ParseYaml(std::string_view text, std::string_view file_name) {
  TOCSIN_RETURN_IF_ERROR(CheckText(text, file_name));
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  TreeBuilder builder(text);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    return builder.TakeRoot();
  } catch (const Refusal& refusal) {
    return PlacedError(file_name, refusal.line, refusal.column, refusal.message);
  } catch (const YAML::Exception& exception) {
    return PlacedError(file_name, exception.mark.line + 1, exception.mark.column + 1,
                       exception.msg);
  } catch (const std::exception& exception) {
    return PlacedError(file_name, 1, 1, exception.what());
  }
}

}  // namespace tocsin::config

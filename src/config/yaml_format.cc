#include <fmt/core.h>

#include "config/yaml_scalar.h"
#include "config/yaml_writer.h"

namespace tocsin::config {
namespace {

constexpr size_t kFoldColumn = 80;  // yaml.v2's default width.

// Appends one document, keeping track of the column for folding.
class Formatter {
 public:
  explicit Formatter(std::string& out) : out_(out) {}

  // A value that starts at the current position; what follows on further lines is indented.
  void Value(const YamlNode& node, size_t indent) {
    switch (node.kind) {
      case YamlNode::Kind::kNull:
        out_ += "null";
        break;
      case YamlNode::Kind::kScalar:
        Scalar(node, indent, false, false);
        break;
      case YamlNode::Kind::kSequence:
        BlockSequence(node, indent);
        break;
      case YamlNode::Kind::kMapping:
        BlockMapping(node, indent);
        break;
    }
  }

 private:
  void Indent(size_t indent) { out_.append(indent, ' '); }
  size_t column() const {
    const size_t line = out_.rfind('\n');
    return line == std::string::npos ? out_.size() : out_.size() - line - 1;
  }

  void BlockMapping(const YamlNode& node, size_t indent) {
    if (node.entries.empty()) {
      out_ += "{}";
      return;
    }
    for (size_t i = 0; i < node.entries.size(); ++i) {
      if (i > 0) {
        out_.push_back('\n');
        Indent(indent);
      }
      Scalar(node.entries[i].key, indent, true, false);
      out_.push_back(':');
      MappingValue(node.entries[i].value, indent);
    }
  }

  void MappingValue(const YamlNode& value, size_t indent) {
    const bool is_block_mapping = value.is_mapping() && !value.entries.empty();
    const bool is_block_list = value.is_sequence() && !value.items.empty() && !value.is_flow;
    if (!is_block_mapping && !is_block_list) {
      out_.push_back(' ');
      if (value.is_sequence())
        FlowSequence(value, indent + 2);
      else
        Value(value, indent + 2);
      return;
    }
    const size_t inner = is_block_mapping ? indent + 2 : indent;
    out_.push_back('\n');
    Indent(inner);
    Value(value, inner);
  }

  void BlockSequence(const YamlNode& node, size_t indent) {
    if (node.items.empty() || node.is_flow) return FlowSequence(node, indent);
    for (size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) {
        out_.push_back('\n');
        Indent(indent);
      }
      out_ += "- ";
      Value(node.items[i], indent + 2);
    }
  }

  void FlowSequence(const YamlNode& node, size_t indent) {
    out_.push_back('[');
    for (size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) out_ += column() > kFoldColumn ? ",\n" + std::string(indent, ' ') : ", ";
      if (node.items[i].is_scalar())
        Scalar(node.items[i], indent, false, true);
      else
        Value(node.items[i], indent);
    }
    out_.push_back(']');
  }

  void Scalar(const YamlNode& node, size_t indent, bool is_key, bool in_flow) {
    // What was written plain is a number, a boolean, or a word that may need quotes elsewhere.
    ScalarStyle style = ChooseScalarStyle(node.text, is_key, in_flow);
    if (!node.is_quoted && ResolvesToNonString(node.text) && !node.text.empty())
      style = ScalarStyle::kPlain;
    switch (style) {
      case ScalarStyle::kPlain:
        return Folded(node.text, indent, is_key);
      case ScalarStyle::kSingleQuoted:
        return SingleQuoted(node.text, indent, is_key);
      case ScalarStyle::kDoubleQuoted:
        return DoubleQuoted(node.text);
      case ScalarStyle::kLiteral:
        return Literal(node.text, indent);
    }
  }

  // Breaks at single spaces beyond the fold column, as the reader joins lines with one space.
  void Folded(std::string_view text, size_t indent, bool is_key) {
    for (size_t i = 0; i < text.size(); ++i) {
      const bool single_space = text[i] == ' ' && i > 0 && i + 1 < text.size() &&
                                text[i - 1] != ' ' && text[i + 1] != ' ';
      if (single_space && !is_key && column() > kFoldColumn) {
        out_.push_back('\n');
        Indent(indent);
      } else {
        out_.push_back(text[i]);
      }
    }
  }

  void SingleQuoted(std::string_view text, size_t indent, bool is_key) {
    std::string doubled;
    for (const char c : text) doubled.append(c == '\'' ? 2 : 1, c);
    out_.push_back('\'');
    Folded(doubled, indent, is_key);
    out_.push_back('\'');
  }

  void DoubleQuoted(std::string_view text) {
    out_.push_back('"');
    for (const char c : text) {
      switch (c) {
        case '"':
          out_ += "\\\"";
          break;
        case '\\':
          out_ += "\\\\";
          break;
        case '\n':
          out_ += "\\n";
          break;
        case '\t':
          out_ += "\\t";
          break;
        case '\r':
          out_ += "\\r";
          break;
        default:
          if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out_ += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
          else
            out_.push_back(c);
      }
    }
    out_.push_back('"');
  }

  void Literal(std::string_view text, size_t indent) {
    out_.push_back('|');
    if (text.front() == ' ' || text.front() == '\n') out_ += "2";
    const bool ends_with_break = text.back() == '\n';
    if (!ends_with_break) out_.push_back('-');
    if (text.size() > 1 && text.ends_with("\n\n")) out_.push_back('+');
    if (ends_with_break) text.remove_suffix(1);
    size_t begin = 0;
    while (true) {
      const size_t end = text.find('\n', begin);
      const std::string_view line = text.substr(begin, end - begin);
      out_.push_back('\n');
      if (!line.empty()) Indent(indent);
      out_ += line;
      if (end == std::string_view::npos) break;
      begin = end + 1;
    }
  }

  std::string& out_;
};

}  // namespace

std::string FormatYaml(const YamlNode& node) {
  std::string out;
  Formatter(out).Value(node, 0);
  out.push_back('\n');
  return out;
}

}  // namespace tocsin::config

#include "template/node.h"

#include <fmt/core.h>

#include <algorithm>

#include "model/labels.h"

namespace tocsin::templates {

namespace {

void Append(std::string& out, const Node& node);

void AppendNames(std::string& out, const std::vector<std::string>& names) {
  for (const std::string& name : names) out.append(".").append(name);
}

void AppendJoined(std::string& out, const std::vector<NodePtr>& nodes, std::string_view separator) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) out.append(separator);
    Append(out, *nodes[i]);
  }
}

void AppendArgument(std::string& out, const Node& node) {
  if (node.kind != NodeKind::kPipe) return Append(out, node);
  out.push_back('(');
  Append(out, node);
  out.push_back(')');
}

void AppendCommand(std::string& out, const Node& node) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out.push_back(' ');
    AppendArgument(out, *node.children[i]);
  }
}

void AppendPipe(std::string& out, const Node& node) {
  if (!node.declarations.empty()) {
    AppendJoined(out, node.declarations, ", ");
    out.append(node.is_assignment ? " = " : " := ");
  }
  AppendJoined(out, node.children, " | ");
}

void AppendBranch(std::string& out, std::string_view keyword, const Node& node) {
  out.append("{{").append(keyword).push_back(' ');
  Append(out, *node.pipe);
  out.append("}}");
  Append(out, *node.list);
  if (node.else_list) {
    out.append("{{else}}");
    Append(out, *node.else_list);
  }
  out.append("{{end}}");
}

void AppendTemplate(std::string& out, const Node& node) {
  out.append("{{template ").append(GoQuote(node.text));
  if (node.pipe) {
    out.push_back(' ');
    Append(out, *node.pipe);
  }
  out.append("}}");
}

void Append(std::string& out, const Node& node) {
  switch (node.kind) {
    case NodeKind::kBool:
      out.append(*node.constant.AsBool() ? "true" : "false");
      break;
    case NodeKind::kNumber:
    case NodeKind::kString:
    case NodeKind::kIdentifier:
    case NodeKind::kText:
      out.append(node.text);
      break;
    case NodeKind::kNil:
      out.append("nil");
      break;
    case NodeKind::kDot:
      out.push_back('.');
      break;
    case NodeKind::kField:
      AppendNames(out, node.names);
      break;
    case NodeKind::kVariable:
      out.append(node.names.front());
      AppendNames(out, {node.names.begin() + 1, node.names.end()});
      break;
    case NodeKind::kChain:
      AppendArgument(out, *node.children[0]);
      AppendNames(out, node.names);
      break;
    case NodeKind::kCommand:
      AppendCommand(out, node);
      break;
    case NodeKind::kPipe:
      AppendPipe(out, node);
      break;
    case NodeKind::kAction:
      out.append("{{");
      Append(out, *node.pipe);
      out.append("}}");
      break;
    case NodeKind::kIf:
      AppendBranch(out, "if", node);
      break;
    case NodeKind::kWith:
      AppendBranch(out, "with", node);
      break;
    case NodeKind::kRange:
      AppendBranch(out, "range", node);
      break;
    case NodeKind::kTemplate:
      AppendTemplate(out, node);
      break;
    case NodeKind::kBreak:
      out.append("{{break}}");
      break;
    case NodeKind::kContinue:
      out.append("{{continue}}");
      break;
    case NodeKind::kEnd:
      out.append("{{end}}");
      break;
    case NodeKind::kElse:
      out.append("{{else}}");
      break;
    case NodeKind::kList:
      AppendJoined(out, node.children, "");
      break;
  }
}

}  // namespace

std::string NodeText(const Node& node) {
  std::string out;
  Append(out, node);
  return out;
}

bool IsEmptyTree(const Node& root) {
  if (root.kind == NodeKind::kText) {
    return root.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  }
  if (root.kind != NodeKind::kList) return false;
  return std::all_of(root.children.begin(), root.children.end(),
                     [](const NodePtr& child) { return IsEmptyTree(*child); });
}

std::string NodeLocation(const Tree& tree, const Node& node) {
  const std::string_view before = std::string_view(*tree.text).substr(0, node.position);
  const size_t newline = before.rfind('\n');
  const size_t column =
      newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return fmt::format("{}:{}:{}", tree.parse_name, line, column);
}

}  // namespace tocsin::templates

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "template/value.h"

namespace tocsin::templates {

enum class NodeKind {
  // What stands between {{ }} and yields a value.
  kBool,    // constant
  kNumber,  // constant, text
  kString,  // constant, text (quoted)
  kNil,
  kDot,
  kField,       // names: .A.B
  kVariable,    // names: $x and its fields
  kIdentifier,  // text: a function
  kChain,       // children[0], names: (pipeline).A.B
  kCommand,     // children: operand and arguments
  kPipe,        // declarations, children: commands
  // What the text is made of.
  kText,      // text
  kAction,    // pipe
  kIf,        // pipe, list, else_list
  kWith,      // pipe, list, else_list
  kRange,     // pipe, list, else_list
  kTemplate,  // text: name; pipe or null
  kBreak,
  kContinue,
  kList,  // children
  // Only while parsing.
  kEnd,
  kElse,
};

/// A node of a parsed template; which members are used, the enumeration says. Immutable once
/// parsed.
struct Node {
  Node(NodeKind node_kind, size_t node_position) : kind(node_kind), position(node_position) {}

  NodeKind kind;
  size_t position;             ///< Byte offset in the tree's text.
  bool is_assignment = false;  ///< Of a pipe: `=` rather than `:=`.
  std::string text;
  Value constant;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Node>> children;
  std::vector<std::unique_ptr<Node>> declarations;  ///< Variables that a pipe sets.
  std::unique_ptr<Node> pipe;
  std::unique_ptr<Node> list;
  std::unique_ptr<Node> else_list;
};

using NodePtr = std::unique_ptr<Node>;

/// The node as template source, for messages.
std::string NodeText(const Node& node);

/// A named template. Immutable once parsed.
struct Tree {
  std::string name;
  std::string parse_name;                   ///< The text's name, for positions in messages.
  std::shared_ptr<const std::string> text;  ///< Shared by all trees that one text defines.
  NodePtr root;
};

/// True for a tree of nothing but space.
bool IsEmptyTree(const Node& root);

/// "NAME:LINE:COLUMN" of a node, as Go counts them: columns from 0.
std::string NodeLocation(const Tree& tree, const Node& node);

}  // namespace tocsin::templates

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "template/node.h"
#include "template/template.h"
#include "template/value.h"

namespace tocsin::templates {

/// What an execution needs from the set of templates it belongs to. All borrowed.
struct ExecutionContext {
  std::function<const Tree*(std::string_view)> find_tree;
  const FunctionTable* functions = nullptr;
  const FunctionTable* overrides = nullptr;  ///< May be null.
  TemplateOptions options;
};

/// Walks a tree and writes its text: one execution. Bounded in depth, steps and output, so a
/// template cannot take the process down. Confined to a thread.
class Executor {
 public:
  explicit Executor(const ExecutionContext& context) : context_(context) {}

  Result<std::string> Run(const Tree& tree, const Value& data);

 private:
  /// How a walk ended: going on, or leaving the innermost range.
  enum class Flow { kNext, kBreak, kContinue };
  using NodeList = std::vector<NodePtr>;

  struct Variable {
    std::string_view name;  ///< Borrowed from the tree.
    Value value;
  };

  Result<Flow> Walk(const Value& dot, const Node& node);
  Result<Flow> WalkAction(const Value& dot, const Node& node);
  Result<Flow> WalkIfOrWith(const Value& dot, const Node& node);
  Result<Flow> WalkRange(const Value& dot, const Node& node);
  Result<Flow> WalkTemplate(const Value& dot, const Node& node);
  Result<Flow> Iterate(const Node& range, Value index, Value element, size_t mark);
  /// Runs the body for each element; nullopt when there was none.
  Result<std::optional<Flow>> IterateOver(const Node& range, const Value& value);

  Result<Value> EvalPipe(const Value& dot, const Node& pipe);
  Result<Value> EvalCommand(const Value& dot, const Node& command,
                            const std::optional<Value>& final);
  /// An operand in the place of an argument.
  Result<Value> EvalArgument(const Value& dot, const Node& node);
  Result<Value> EvalChain(const Value& dot, const Node& chain, const NodeList* arguments,
                          const std::optional<Value>& final);
  Result<Value> EvalVariable(const Value& dot, const Node& variable, const NodeList* arguments,
                             const std::optional<Value>& final);
  Result<Value> EvalNames(const Value& dot, Value receiver, const Node& node, size_t first_name,
                          const NodeList* arguments, const std::optional<Value>& final);
  Result<Value> EvalField(const Value& dot, const std::string& name, const Value& receiver,
                          const NodeList* arguments, const std::optional<Value>& final);
  Result<Value> MapEntry(const Map& map, const std::string& name);
  Result<Value> EvalFunction(const Value& dot, const Node& identifier, const Node& call,
                             const NodeList* arguments, const std::optional<Value>& final);
  Result<Value> EvalAndOr(const Value& dot, const Node& identifier, const NodeList* arguments,
                          const std::optional<Value>& final);
  Result<Value> EvalCall(const Node& identifier, const NodeList* arguments,
                         std::vector<Value> values);
  /// The values of arguments[1...] and `final`.
  Result<std::vector<Value>> EvalArguments(const Value& dot, const NodeList* arguments,
                                           const std::optional<Value>& final);
  /// `result`, its error told as that of calling `name`, and its size bounded.
  Result<Value> CheckCall(std::string_view name, const Node& call, Result<Value> result);

  const Function* FindFunction(std::string_view name) const;
  bool IsBuiltin(std::string_view name, std::string_view builtin) const;
  Value* FindVariable(std::string_view name);
  Status Write(std::string_view text);
  Status CountStep();
  void At(const Node& node) { at_ = &node; }
  Error Fail(std::string_view message) const;

  const ExecutionContext& context_;
  std::string out_;
  std::vector<Variable> variables_;
  const Tree* tree_ = nullptr;
  const Node* at_ = nullptr;  // For messages.
  int depth_ = 0;
  int64_t steps_ = 0;
};

}  // namespace tocsin::templates

#include "template/executor.h"

#include <fmt/core.h>

#include <utility>

#include "model/labels.h"
#include "template/arguments.h"
#include "template/builtins.h"
#include "template/format.h"
#include "template/time_format.h"

namespace tocsin::templates {

namespace {

// Lists and pipelines inside each other, over all templates that call each other. A level takes up
// to 1.5 KiB of stack (5 KiB under AddressSanitizer); threads have 8 MiB.
constexpr int kMaxDepth = 1000;

/// Counts a level for a scope.
class DepthScope {
 public:
  explicit DepthScope(int& depth) : depth_(depth) { ++depth_; }
  ~DepthScope() { --depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;

 private:
  int& depth_;
};

bool HasArguments(const std::vector<NodePtr>* arguments, const std::optional<Value>& final) {
  return (arguments != nullptr && arguments->size() > 1) || final.has_value();
}

}  // namespace

Result<std::string> Executor::Run(const Tree& tree, const Value& data) {
  tree_ = &tree;
  variables_.push_back({"$", data});
  TOCSIN_ASSIGN_OR_RETURN([[maybe_unused]] const Flow flow, Walk(data, *tree.root));
  return std::move(out_);
}

Result<Executor::Flow> Executor::Walk(const Value& dot, const Node& node) {
  At(node);
  TOCSIN_RETURN_IF_ERROR(CountStep());
  switch (node.kind) {
    case NodeKind::kText:
      TOCSIN_RETURN_IF_ERROR(Write(node.text));
      return Flow::kNext;
    case NodeKind::kAction:
      return WalkAction(dot, node);
    case NodeKind::kIf:
    case NodeKind::kWith:
      return WalkIfOrWith(dot, node);
    case NodeKind::kRange:
      return WalkRange(dot, node);
    case NodeKind::kTemplate:
      return WalkTemplate(dot, node);
    case NodeKind::kBreak:
      return Flow::kBreak;
    case NodeKind::kContinue:
      return Flow::kContinue;
    case NodeKind::kList: {
      const DepthScope scope(depth_);
      if (depth_ > kMaxDepth) {
        return Fail(fmt::format("exceeded maximum template depth ({})", kMaxDepth));
      }
      for (const NodePtr& child : node.children) {
        TOCSIN_ASSIGN_OR_RETURN(const Flow flow, Walk(dot, *child));
        if (flow != Flow::kNext) return flow;
      }
      return Flow::kNext;
    }
    default:
      return Fail("unknown node: " + NodeText(node));
  }
}

Result<Executor::Flow> Executor::WalkAction(const Value& dot, const Node& node) {
  TOCSIN_ASSIGN_OR_RETURN(const Value value, EvalPipe(dot, *node.pipe));
  if (!node.pipe->declarations.empty()) return Flow::kNext;
  At(node);
  if (const std::string* text = value.AsString()) {
    TOCSIN_RETURN_IF_ERROR(Write(*text));
  } else if (value.is_nil()) {
    TOCSIN_RETURN_IF_ERROR(Write("<no value>"));
  } else if (value.AsFunction() != nullptr) {
    return Fail(fmt::format("can't print {} of type {}", NodeText(node), value.TypeName()));
  } else {
    TOCSIN_RETURN_IF_ERROR(Write(FormatValue(value)));
  }
  return Flow::kNext;
}

Result<Executor::Flow> Executor::WalkIfOrWith(const Value& dot, const Node& node) {
  const size_t mark = variables_.size();
  TOCSIN_ASSIGN_OR_RETURN(const Value value, EvalPipe(dot, *node.pipe));
  Result<Flow> flow = Flow::kNext;
  if (value.IsTrue()) {
    flow = Walk(node.kind == NodeKind::kWith ? value : dot, *node.list);
  } else if (node.else_list) {
    flow = Walk(dot, *node.else_list);
  }
  variables_.resize(mark);
  return flow;
}

Result<Executor::Flow> Executor::WalkRange(const Value& dot, const Node& node) {
  const size_t outer_mark = variables_.size();
  TOCSIN_ASSIGN_OR_RETURN(const Value value, EvalPipe(dot, *node.pipe));
  TOCSIN_ASSIGN_OR_RETURN(std::optional<Flow> flow, IterateOver(node, value.Plain()));
  if (!flow && node.else_list) {
    TOCSIN_ASSIGN_OR_RETURN(flow, Walk(dot, *node.else_list));
  } else {
    flow = Flow::kNext;
  }
  variables_.resize(outer_mark);
  return *flow;
}

Result<std::optional<Executor::Flow>> Executor::IterateOver(const Node& range, const Value& value) {
  const size_t mark = variables_.size();
  Flow flow = Flow::kNext;
  bool is_empty = true;
  const auto visit = [&](Value index, Value element) -> Status {
    is_empty = false;
    TOCSIN_ASSIGN_OR_RETURN(flow, Iterate(range, std::move(index), std::move(element), mark));
    return {};
  };
  if (const List* list = value.AsList()) {
    for (size_t i = 0; i < list->size() && flow != Flow::kBreak; ++i) {
      TOCSIN_RETURN_IF_ERROR(visit(Value(static_cast<int64_t>(i)), (*list)[i]));
    }
  } else if (const Map* map = value.AsMap()) {
    for (auto it = map->entries.begin(); it != map->entries.end() && flow != Flow::kBreak; ++it) {
      TOCSIN_RETURN_IF_ERROR(visit(Value(it->first), it->second));
    }
  } else if (const int64_t* count = value.AsInt()) {
    if (range.pipe->declarations.size() > 1) {
      return Fail(fmt::format("can't use {} to iterate over more than one variable", *count));
    }
    for (int64_t i = 0; i < *count && flow != Flow::kBreak; ++i) {
      TOCSIN_RETURN_IF_ERROR(visit(Value(), Value(i)));
    }
  } else if (!value.is_nil()) {
    return Fail("range can't iterate over " + FormatValue(value));
  }
  if (is_empty) return std::optional<Flow>();
  return std::optional<Flow>(flow);
}

Result<Executor::Flow> Executor::Iterate(const Node& range, Value index, Value element,
                                         size_t mark) {
  const auto& declarations = range.pipe->declarations;
  const auto set = [&](size_t declaration, const Value& value) {
    if (declaration >= declarations.size()) return;
    const std::string& name = declarations[declaration]->names.front();
    // A declared variable was pushed by the pipe; they are the topmost ones, in order.
    Value* variable = range.pipe->is_assignment
                          ? FindVariable(name)
                          : &variables_[mark - declarations.size() + declaration].value;
    if (variable != nullptr) *variable = value;
  };
  if (declarations.size() > 1) {
    set(0, index);
    set(1, element);
  } else {
    set(0, element);
  }
  auto flow = Walk(element, *range.list);
  variables_.resize(mark);
  return flow;
}

Result<Executor::Flow> Executor::WalkTemplate(const Value& dot, const Node& node) {
  const Tree* tree = context_.find_tree(node.text);
  if (tree == nullptr) return Fail("template " + GoQuote(node.text) + " not defined");
  Value data;
  if (node.pipe) {
    TOCSIN_ASSIGN_OR_RETURN(data, EvalPipe(dot, *node.pipe));
  }
  At(node);
  // A called template sees no variables of its caller.
  std::vector<Variable> variables = std::exchange(variables_, {{"$", data}});
  const Tree* caller = std::exchange(tree_, tree);
  auto flow = Walk(data, *tree->root);
  if (!flow) return flow;
  tree_ = caller;
  variables_ = std::move(variables);
  return Flow::kNext;
}

Result<Value> Executor::EvalPipe(const Value& dot, const Node& pipe) {
  const DepthScope scope(depth_);
  At(pipe);
  if (depth_ > kMaxDepth) {
    return Fail(fmt::format("exceeded maximum template depth ({})", kMaxDepth));
  }
  TOCSIN_RETURN_IF_ERROR(CountStep());
  std::optional<Value> value;
  for (const NodePtr& command : pipe.children) {
    TOCSIN_ASSIGN_OR_RETURN(value, EvalCommand(dot, *command, value));
  }
  for (const NodePtr& declaration : pipe.declarations) {
    const std::string& name = declaration->names.front();
    if (!pipe.is_assignment) {
      variables_.push_back({name, *value});
    } else if (Value* variable = FindVariable(name)) {
      *variable = *value;
    } else {
      return Fail("undefined variable: " + name);
    }
  }
  return *std::move(value);
}

Result<Value> Executor::EvalCommand(const Value& dot, const Node& command,
                                    const std::optional<Value>& final) {
  const Node& first = *command.children.front();
  switch (first.kind) {
    case NodeKind::kField:
      At(first);
      return EvalNames(dot, dot, first, 0, &command.children, final);
    case NodeKind::kChain:
      return EvalChain(dot, first, &command.children, final);
    case NodeKind::kVariable:
      return EvalVariable(dot, first, &command.children, final);
    case NodeKind::kIdentifier:
      return EvalFunction(dot, first, command, &command.children, final);
    default:
      break;
  }
  if (first.kind != NodeKind::kPipe) At(first);
  if (HasArguments(&command.children, final)) {
    return Fail("can't give argument to non-function " + NodeText(first));
  }
  if (first.kind == NodeKind::kNil) return Fail("nil is not a command");
  return EvalArgument(dot, first);
}

Result<Value> Executor::EvalArgument(const Value& dot, const Node& node) {
  At(node);
  switch (node.kind) {
    case NodeKind::kBool:
    case NodeKind::kNumber:
    case NodeKind::kString:
      return node.constant;
    case NodeKind::kNil:
      return Value();
    case NodeKind::kDot:
      return dot;
    case NodeKind::kField:
      return EvalNames(dot, dot, node, 0, nullptr, std::nullopt);
    case NodeKind::kVariable:
      return EvalVariable(dot, node, nullptr, std::nullopt);
    case NodeKind::kPipe:
      return EvalPipe(dot, node);
    case NodeKind::kIdentifier:
      return EvalFunction(dot, node, node, nullptr, std::nullopt);
    case NodeKind::kChain:
      return EvalChain(dot, node, nullptr, std::nullopt);
    default:
      return Fail("can't handle " + NodeText(node) + " as an argument");
  }
}

Result<Value> Executor::EvalChain(const Value& dot, const Node& chain, const NodeList* arguments,
                                  const std::optional<Value>& final) {
  At(chain);
  const Node& head = *chain.children.front();
  if (head.kind == NodeKind::kNil) {
    return Fail("indirection through explicit nil in " + NodeText(chain));
  }
  TOCSIN_ASSIGN_OR_RETURN(Value receiver, EvalArgument(dot, head));
  return EvalNames(dot, std::move(receiver), chain, 0, arguments, final);
}

Result<Value> Executor::EvalVariable(const Value& dot, const Node& variable,
                                     const NodeList* arguments, const std::optional<Value>& final) {
  At(variable);
  const Value* value = FindVariable(variable.names.front());
  if (value == nullptr) return Fail("undefined variable: " + variable.names.front());
  if (variable.names.size() > 1) return EvalNames(dot, *value, variable, 1, arguments, final);
  if (HasArguments(arguments, final)) {
    return Fail("can't give argument to non-function " + NodeText(variable));
  }
  return *value;
}

Result<Value> Executor::EvalNames(const Value& dot, Value receiver, const Node& node,
                                  size_t first_name, const NodeList* arguments,
                                  const std::optional<Value>& final) {
  const size_t last = node.names.size() - 1;
  for (size_t i = first_name; i < last; ++i) {
    TOCSIN_ASSIGN_OR_RETURN(receiver,
                            EvalField(dot, node.names[i], receiver, nullptr, std::nullopt));
  }
  // Only the last can be a method that takes the arguments.
  return EvalField(dot, node.names[last], receiver, arguments, final);
}

Result<Value> Executor::EvalField(const Value& dot, const std::string& name, const Value& receiver,
                                  const NodeList* arguments, const std::optional<Value>& final) {
  if (receiver.is_nil()) {
    if (context_.options.missing_key != MissingKey::kError) return Value();
    return Fail("nil data; no entry for key " + GoQuote(name));
  }
  const Node& node = *at_;
  const bool has_arguments = HasArguments(arguments, final);
  const Object* object = receiver.AsObject();
  const bool may_have_methods =
      object != nullptr || receiver.AsTime() != nullptr || receiver.AsDuration() != nullptr;
  if (may_have_methods) {
    TOCSIN_ASSIGN_OR_RETURN(const std::vector<Value> values, EvalArguments(dot, arguments, final));
    At(node);
    auto result =
        object != nullptr ? object->Call(name, values) : CallTimeMethod(receiver, name, values);
    if (result) return CheckCall(name, node, *std::move(result));
  }
  if (object != nullptr) {
    if (auto field = object->Field(name)) {
      if (!has_arguments) return *std::move(field);
      return Fail(name + " has arguments but cannot be invoked as function");
    }
  }
  const Value plain = receiver.Plain();
  if (const Map* map = plain.AsMap()) {
    if (has_arguments) return Fail(name + " is not a method but has arguments");
    return MapEntry(*map, name);
  }
  return Fail(fmt::format("can't evaluate field {} in type {}", name, receiver.TypeName()));
}

Result<Value> Executor::MapEntry(const Map& map, const std::string& name) {
  const auto found = map.entries.find(name);
  if (found != map.entries.end()) return found->second;
  switch (context_.options.missing_key) {
    case MissingKey::kDefault:
      return Value();
    case MissingKey::kZero:
      return map.has_string_values ? Value("") : Value();
    case MissingKey::kError:
      break;
  }
  return Fail("map has no entry for key " + GoQuote(name));
}

Result<Value> Executor::EvalFunction(const Value& dot, const Node& identifier, const Node& call,
                                     const NodeList* arguments, const std::optional<Value>& final) {
  At(identifier);
  const std::string& name = identifier.text;
  if (IsBuiltin(name, "and") || IsBuiltin(name, "or")) {
    return EvalAndOr(dot, identifier, arguments, final);
  }
  TOCSIN_ASSIGN_OR_RETURN(std::vector<Value> values, EvalArguments(dot, arguments, final));
  At(identifier);
  if (IsBuiltin(name, "call")) {
    auto result = EvalCall(identifier, arguments, std::move(values));
    return CheckCall(name, call, std::move(result));
  }
  const Function* function = FindFunction(name);
  if (function == nullptr) return Fail(GoQuote(name) + " is not a defined function");
  return CheckCall(name, call, (*function)(values));
}

Result<Value> Executor::EvalAndOr(const Value& dot, const Node& identifier,
                                  const NodeList* arguments, const std::optional<Value>& final) {
  const bool is_or = identifier.text == "or";
  if (!HasArguments(arguments, final)) {
    return Fail(fmt::format("wrong number of args for {}: want at least 1 got 0", identifier.text));
  }
  Value value;
  for (size_t i = 1; arguments != nullptr && i < arguments->size(); ++i) {
    TOCSIN_ASSIGN_OR_RETURN(value, EvalArgument(dot, *(*arguments)[i]));
    if (value.IsTrue() == is_or) return value;
  }
  return final ? *final : value;
}

Result<Value> Executor::EvalCall(const Node& identifier, const NodeList* arguments,
                                 std::vector<Value> values) {
  TOCSIN_RETURN_IF_ERROR(CheckArgumentCountAtLeast(identifier.text, values, 1));
  if (values.front().is_nil()) return Error(ErrorCode::kInvalidArgument, "call of nil");
  const Function* function = values.front().AsFunction();
  if (function != nullptr) return (*function)(std::span(values).subspan(1));
  const bool has_operand = arguments != nullptr && arguments->size() > 1;
  return Errorf(ErrorCode::kInvalidArgument, "non-function {} of type {}",
                has_operand ? NodeText(*(*arguments)[1]) : FormatValue(values.front()),
                values.front().TypeName());
}

Result<std::vector<Value>> Executor::EvalArguments(const Value& dot, const NodeList* arguments,
                                                   const std::optional<Value>& final) {
  std::vector<Value> values;
  for (size_t i = 1; arguments != nullptr && i < arguments->size(); ++i) {
    TOCSIN_ASSIGN_OR_RETURN(Value value, EvalArgument(dot, *(*arguments)[i]));
    values.push_back(std::move(value));
  }
  if (final) values.push_back(*final);
  return values;
}

Result<Value> Executor::CheckCall(std::string_view name, const Node& call, Result<Value> result) {
  if (!result) {
    if (result.error().code() == kArgumentMismatch) return Fail(result.error().message());
    At(call);
    return Fail(fmt::format("error calling {}: {}", name, result.error().message()));
  }
  const std::string* text = result->AsString();
  if (text != nullptr && text->size() > context_.options.max_output_bytes) {
    return Fail(
        fmt::format("{} makes more than {} bytes", name, context_.options.max_output_bytes));
  }
  return result;
}

const Function* Executor::FindFunction(std::string_view name) const {
  for (const FunctionTable* table : {context_.overrides, context_.functions, &Builtins()}) {
    if (table == nullptr) continue;
    const auto found = table->find(name);
    if (found != table->end()) return &found->second;
  }
  return nullptr;
}

bool Executor::IsBuiltin(std::string_view name, std::string_view builtin) const {
  return name == builtin && FindFunction(name) == nullptr;
}

Value* Executor::FindVariable(std::string_view name) {
  for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
    if (it->name == name) return &it->value;
  }
  return nullptr;
}

Status Executor::Write(std::string_view text) {
  if (text.size() > context_.options.max_output_bytes - out_.size()) {
    return Fail(fmt::format("output exceeds {} bytes", context_.options.max_output_bytes));
  }
  out_.append(text);
  return {};
}

Status Executor::CountStep() {
  if (++steps_ <= context_.options.max_steps) return {};
  return Fail(fmt::format("exceeded maximum of {} steps", context_.options.max_steps));
}

Error Executor::Fail(std::string_view message) const {
  return Errorf(ErrorCode::kInvalidArgument, "template: {}: executing {} at <{}>: {}",
                NodeLocation(*tree_, *at_), GoQuote(tree_->name), NodeText(*at_), message);
}

}  // namespace tocsin::templates

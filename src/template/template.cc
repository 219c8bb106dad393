#include "template/template.h"

#include "model/labels.h"
#include "template/builtins.h"
#include "template/executor.h"
#include "template/parser.h"

namespace tocsin::templates {

Template::Template(FunctionTable functions, TemplateOptions options)
    : functions_(std::make_shared<const FunctionTable>(std::move(functions))), options_(options) {}

Result<Template> Template::Parse(std::string name, std::string_view text, FunctionTable functions,
                                 TemplateOptions options) {
  Template result(std::move(functions), options);
  result.main_name_ = name;
  TOCSIN_RETURN_IF_ERROR(result.Add(std::move(name), text));
  return result;
}

Status Template::Add(std::string name, std::string_view text) {
  const auto has_function = [this](std::string_view function) {
    return functions_->find(function) != functions_->end() || IsBuiltinName(function);
  };
  TOCSIN_ASSIGN_OR_RETURN(TreeSet parsed, ParseTrees(name, text, has_function));
  for (auto& [tree_name, tree] : parsed) {
    auto& slot = trees_[tree_name];
    if (slot == nullptr || !IsEmptyTree(*tree->root)) slot = std::move(tree);
  }
  return {};
}

Result<std::string> Template::Execute(const Value& data, const FunctionTable* functions) const {
  return ExecuteTemplate(main_name_, data, functions);
}

Result<std::string> Template::ExecuteTemplate(std::string_view name, const Value& data,
                                              const FunctionTable* functions) const {
  const auto found = trees_.find(name);
  if (found == trees_.end()) {
    return Errorf(ErrorCode::kInvalidArgument,
                  "template: no template {} associated with template {}", GoQuote(name),
                  GoQuote(main_name_));
  }
  ExecutionContext context;
  context.find_tree = [this](std::string_view tree_name) -> const Tree* {
    const auto tree = trees_.find(tree_name);
    return tree == trees_.end() ? nullptr : tree->second.get();
  };
  context.functions = functions_.get();
  context.overrides = functions;
  context.options = options_;
  return Executor(context).Run(*found->second, data);
}

Result<std::string> Template::ExecuteText(std::string_view text, const Value& data,
                                          const FunctionTable* functions) const {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  Template copy = *this;
  TOCSIN_RETURN_IF_ERROR(copy.Add("", text));
  return copy.ExecuteTemplate("", data, functions);
}

std::vector<std::string> Template::names() const {
  std::vector<std::string> result;
  for (const auto& [name, tree] : trees_) result.push_back(name);
  return result;
}

}  // namespace tocsin::templates

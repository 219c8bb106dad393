#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "template/value.h"

namespace tocsin::templates {

struct Tree;

/// What a key that a map does not have yields.
enum class MissingKey {
  kDefault,  ///< `<no value>`
  kZero,     ///< the zero of the map's element type: "" in a map of strings (missingkey=zero)
  kError,    ///< the execution fails
};

struct TemplateOptions {
  MissingKey missing_key = MissingKey::kZero;
  /// An execution that writes more fails: a page must not be able to eat the process.
  size_t max_output_bytes = size_t{16} << 20;
  /// Nodes and pipelines that an execution may go through: seconds of work, which nobody's page
  /// needs.
  int64_t max_steps = 5'000'000;
};

/// Named templates in Go's text/template language that may call each other: one Parse result, as
/// Go's *template.Template with its associated templates. Copying is cheap (trees are shared and
/// immutable), so a set is parsed once and copied where a further text is added. Thread-compatible:
/// one writer or many readers; Execute is const.
class Template {
 public:
  /// An empty set. Go's builtins (and or not eq ne lt le gt ge len index slice print printf println
  /// html js urlquery call) are always there; `functions` adds to or replaces them.
  explicit Template(FunctionTable functions, TemplateOptions options = {});

  /// A set with `text` as its main template `name`. Errors are kInvalidArgument with Go's text:
  /// `template: NAME:LINE: unexpected ...`.
  static Result<Template> Parse(std::string name, std::string_view text, FunctionTable functions,
                                TemplateOptions options = {});

  /// Adds `text` under `name`, and what it defines under theirs; later definitions replace earlier
  /// ones unless they are empty. On error the set is unchanged.
  Status Add(std::string name, std::string_view text);

  /// Renders the main template (the one of Parse) with `data` as dot. `functions`, if given, take
  /// the place of those of the same name for this execution: what depends on the moment (query,
  /// now). Errors have Go's text: `template: NAME:LINE:COL: executing "NAME" at <...>: ...`.
  Result<std::string> Execute(const Value& data, const FunctionTable* functions = nullptr) const;
  /// Renders the template called `name`.
  Result<std::string> ExecuteTemplate(std::string_view name, const Value& data,
                                      const FunctionTable* functions = nullptr) const;
  /// Parses `text` beside the set's templates, without adding it, and renders it.
  Result<std::string> ExecuteText(std::string_view text, const Value& data,
                                  const FunctionTable* functions = nullptr) const;

  bool Has(std::string_view name) const { return trees_.find(name) != trees_.end(); }
  std::vector<std::string> names() const;

 private:
  using Trees = std::map<std::string, std::shared_ptr<const Tree>, std::less<>>;

  std::string main_name_;
  std::shared_ptr<const FunctionTable> functions_;  // Shared with copies of this set.
  TemplateOptions options_;
  Trees trees_;  // Shared with copies of this set.
};

}  // namespace tocsin::templates

#include "promql/type_check.h"

#include <algorithm>

#include "model/labels.h"
#include "promql/go_text.h"
#include "promql/parse_error.h"

namespace tocsin::promql {
namespace {

bool IsScalarOrVector(ValueType type) {
  return type == ValueType::kScalar || type == ValueType::kVector;
}

class TypeChecker {
 public:
  explicit TypeChecker(std::string_view text) : text_(text) {}

  Result<ValueType> Check(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kDuration:
        return ValueType::kScalar;
      case ExprKind::kStringLiteral:
        return ValueType::kString;
      case ExprKind::kParen:
        return Check(*As<ParenExpr>(expr).expr);
      case ExprKind::kStepInvariant:
        return Check(*As<StepInvariantExpr>(expr).expr);
      case ExprKind::kUnary:
        return CheckUnary(As<UnaryExpr>(expr));
      case ExprKind::kBinary:
        return CheckBinary(As<BinaryExpr>(expr));
      case ExprKind::kAggregate:
        return CheckAggregate(As<AggregateExpr>(expr));
      case ExprKind::kCall:
        return CheckCall(As<Call>(expr));
      case ExprKind::kVectorSelector:
        return CheckSelector(As<VectorSelector>(expr));
      case ExprKind::kSubquery:
        return CheckSubquery(As<SubqueryExpr>(expr));
      case ExprKind::kMatrixSelector: {
        TOCSIN_RETURN_IF_ERROR(Check(*As<MatrixSelector>(expr).selector));
        return ValueType::kMatrix;
      }
    }
    return ValueType::kNone;
  }

 private:
  template <typename... Args>
  Error Fail(PositionRange position, fmt::format_string<Args...> format, Args&&... args) const {
    return MakeParseError(text_, position, fmt::format(format, std::forward<Args>(args)...));
  }

  Status Expect(Expr& expr, ValueType wanted, std::string_view context) {
    TOCSIN_ASSIGN_OR_RETURN(const ValueType type, Check(expr));
    if (type == wanted) return {};
    return Fail(expr.position, "expected type {} in {}, got {}", DocumentedValueType(wanted),
                context, DocumentedValueType(type));
  }

  Result<ValueType> CheckUnary(UnaryExpr& unary) {
    TOCSIN_ASSIGN_OR_RETURN(const ValueType type, Check(*unary.expr));
    if (IsScalarOrVector(type)) return type;
    return Fail(unary.position,
                "unary expression only allowed on expressions of type scalar or instant vector, "
                "got {}",
                GoQuote(DocumentedValueType(type)));
  }

  Result<ValueType> CheckAggregate(AggregateExpr& aggregate) {
    TOCSIN_RETURN_IF_ERROR(Expect(*aggregate.expr, ValueType::kVector, "aggregation expression"));
    if (aggregate.param) {
      const ValueType wanted =
          aggregate.op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar;
      TOCSIN_RETURN_IF_ERROR(Expect(*aggregate.param, wanted, "aggregation parameter"));
    }
    return ValueType::kVector;
  }

  Result<ValueType> CheckSubquery(SubqueryExpr& subquery) {
    TOCSIN_ASSIGN_OR_RETURN(const ValueType type, Check(*subquery.expr));
    if (type == ValueType::kVector) return ValueType::kMatrix;
    return Fail(subquery.position, "subquery is only allowed on instant vector, got {} instead",
                ValueTypeName(type));
  }

  Result<ValueType> CheckBinary(BinaryExpr& binary) {
    TOCSIN_ASSIGN_OR_RETURN(const ValueType left, Check(*binary.lhs));
    TOCSIN_ASSIGN_OR_RETURN(const ValueType right, Check(*binary.rhs));
    return CheckOperands(binary, left, right);
  }

  // Not inlined: its temporaries would be on the stack once for each level of the tree.
  [[gnu::noinline]] Result<ValueType> CheckOperands(BinaryExpr& binary, ValueType left,
                                                    ValueType right) {
    const bool scalars = left == ValueType::kScalar && right == ValueType::kScalar;
    const bool vectors = left == ValueType::kVector && right == ValueType::kVector;
    TOCSIN_RETURN_IF_ERROR(CheckOperator(binary, scalars));
    if (!IsScalarOrVector(left)) return NoOperand(*binary.lhs);
    if (!IsScalarOrVector(right)) return NoOperand(*binary.rhs);
    TOCSIN_RETURN_IF_ERROR(vectors ? CheckVectorMatching(binary) : CheckNoMatching(binary));
    return scalars ? ValueType::kScalar : ValueType::kVector;
  }

  Error NoOperand(const Expr& operand) const {
    return Fail(operand.position,
                "binary expression must contain only scalar and instant vector types");
  }

  Status CheckOperator(BinaryExpr& binary, bool scalars) {
    if (binary.return_bool && !IsComparison(binary.op)) {
      return Fail(OperatorRange(binary), "bool modifier can only be used on comparison operators");
    }
    if (IsComparison(binary.op) && !binary.return_bool && scalars) {
      return Fail(OperatorRange(binary), "comparisons between scalars must use BOOL modifier");
    }
    VectorMatching& matching = *binary.matching;
    if (IsSetOperator(binary.op) && matching.card == MatchCardinality::kOneToOne) {
      matching.card = MatchCardinality::kManyToMany;
    }
    if (!matching.on) return {};
    for (const std::string& label : matching.matching_labels) {
      if (std::count(matching.include.begin(), matching.include.end(), label) == 0) continue;
      return Fail(OperatorRange(binary), "label {} must not occur in ON and GROUP clause at once",
                  GoQuote(label));
    }
    return {};
  }

  Status CheckVectorMatching(const BinaryExpr& binary) {
    if (!IsSetOperator(binary.op)) return {};
    const VectorMatching& matching = *binary.matching;
    if (matching.card != MatchCardinality::kManyToMany) {
      return Fail(binary.position, "no grouping allowed for {} operation",
                  GoQuote(BinaryOpText(binary.op)));
    }
    if (matching.fill_left || matching.fill_right) {
      return Fail(binary.position, "filling in missing series not allowed for set operators");
    }
    return {};
  }

  // At least one side is a scalar.
  Status CheckNoMatching(BinaryExpr& binary) {
    const VectorMatching& matching = *binary.matching;
    if (!matching.matching_labels.empty()) {
      return Fail(binary.position, "vector matching only allowed between instant vectors");
    }
    if (matching.fill_left || matching.fill_right) {
      return Fail(binary.position,
                  "filling in missing series only allowed between instant vectors");
    }
    if (IsSetOperator(binary.op)) {
      return Fail(binary.position, "set operator {} not allowed in binary scalar expression",
                  GoQuote(BinaryOpText(binary.op)));
    }
    binary.matching.reset();
    return {};
  }

  // The operator with its modifiers: what is between the operands, without white space.
  PositionRange OperatorRange(const BinaryExpr& binary) const {
    PositionRange range{binary.lhs->position.end, binary.rhs->position.start - 1};
    const auto is_space_at = [&](int32_t at) {
      return at >= 0 && static_cast<size_t>(at) < text_.size() &&
             IsSpace(text_[static_cast<size_t>(at)]);
    };
    while (is_space_at(range.start)) ++range.start;
    while (is_space_at(range.end)) --range.end;
    return range;
  }

  Result<ValueType> CheckCall(Call& call) {
    TOCSIN_RETURN_IF_ERROR(CheckArgumentCount(call));
    const Function& function = *call.function;
    if (function.id == FunctionId::kInfo && call.args.size() > 1) {
      TOCSIN_RETURN_IF_ERROR(CheckInfoSelector(call));
    }
    const auto types = function.types();
    for (size_t i = 0; i < call.args.size(); ++i) {
      const ValueType wanted = types[std::min(i, types.size() - 1)];
      TOCSIN_RETURN_IF_ERROR(Expect(*call.args[i], wanted,
                                    fmt::format("call to function {}", GoQuote(function.name))));
    }
    return function.return_type;
  }

  Status CheckArgumentCount(const Call& call) const {
    const Function& function = *call.function;
    const size_t got = call.args.size();
    const std::string name = GoQuote(function.name);
    if (function.variadic == 0) {
      if (got == function.argument_count) return {};
      return Fail(call.position, "expected {} argument(s) in call to {}, got {}",
                  function.argument_count, name, got);
    }
    const size_t least = function.argument_count - size_t{1};
    if (got < least) {
      return Fail(call.position, "expected at least {} argument(s) in call to {}, got {}", least,
                  name, got);
    }
    if (function.variadic == Function::kAnyNumber) return {};
    const size_t most = least + static_cast<size_t>(function.variadic);
    if (got <= most) return {};
    return Fail(call.position, "expected at most {} argument(s) in call to {}, got {}", most, name,
                got);
  }

  // info()'s second argument only looks like a selector: it says which labels to add.
  Status CheckInfoSelector(Call& call) const {
    Expr& argument = *call.args[1];
    if (argument.type() != ValueType::kVector) {
      return Fail(call.position, "expected type {} in call to function {}, got {}",
                  DocumentedValueType(ValueType::kVector), GoQuote(call.function->name),
                  DocumentedValueType(argument.type()));
    }
    auto* selector = TryAs<VectorSelector>(&argument);
    if (selector == nullptr) return Fail(argument.position, "expected label selectors only");
    if (!selector->name.empty()) {
      return Fail(argument.position, "expected label selectors only, got vector selector instead");
    }
    selector->may_match_empty = true;
    return {};
  }

  Result<ValueType> CheckSelector(const VectorSelector& selector) const {
    const std::vector<Matcher>& matchers = selector.matchers;
    if (!selector.name.empty()) {
      // The last matcher is the one made from the name before the braces.
      const auto twice = std::find_if(matchers.begin(), matchers.end() - 1, [](const Matcher& m) {
        return m.name() == kMetricNameLabel;
      });
      if (twice == matchers.end() - 1) return ValueType::kVector;
      return Fail(selector.position, "metric name must not be set twice: {} or {}",
                  GoQuote(selector.name), GoQuote(twice->value()));
    }
    const bool matches_everything =
        std::all_of(matchers.begin(), matchers.end(),
                    [](const Matcher& matcher) { return matcher.MatchesEmpty(); });
    if (!matches_everything || selector.may_match_empty) return ValueType::kVector;
    return Fail(selector.position, "vector selector must contain at least one non-empty matcher");
  }

  const std::string_view text_;
};

}  // namespace

Status CheckTypes(Expr& expr, std::string_view text) {
  TOCSIN_RETURN_IF_ERROR(TypeChecker(text).Check(expr));
  return {};
}

}  // namespace tocsin::promql

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/matcher.h"
#include "promql/functions_table.h"
#include "promql/operators.h"
#include "promql/value_type.h"

namespace tocsin::promql {

/// Byte offsets [start, end) into the text that was parsed.
struct PositionRange {
  int32_t start = 0;
  int32_t end = 0;
  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

enum class ExprKind : uint8_t {
  kNumberLiteral,
  kStringLiteral,
  kParen,
  kUnary,
  kBinary,
  kAggregate,
  kCall,
  kVectorSelector,
  kMatrixSelector,
  kSubquery,
  kStepInvariant,
  kDuration,
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// A node of a syntax tree, which owns its children. Branch on `kind` and cast with As<T>(). A tree
/// from ParseExpr is well typed and at most kMaxTreeHeight (parser.h) high, so recursion over it is
/// safe. Thread-compatible.
struct Expr {
  Expr(ExprKind expr_kind, PositionRange range) : kind(expr_kind), position(range) {}
  virtual ~Expr() = default;

  /// What it evaluates to; from the children where it depends on them.
  ValueType type() const;
  /// A deep copy.
  virtual ExprPtr Clone() const = 0;

  const ExprKind kind;
  PositionRange position;
  int32_t height = 1;  ///< Nodes on the longest path down; kept by the parser.

 protected:
  Expr(const Expr&) = default;
  Expr& operator=(const Expr&) = delete;
};

/// `expr` as the node type T, which its kind must be.
template <typename T>
const T& As(const Expr& expr) {
  return static_cast<const T&>(expr);
}
template <typename T>
T& As(Expr& expr) {
  return static_cast<T&>(expr);
}

/// `expr` as a T if it is one, else nullptr. `expr` may be null.
template <typename T>
const T* TryAs(const Expr* expr) {
  return expr != nullptr && expr->kind == T::kKind ? static_cast<const T*>(expr) : nullptr;
}
template <typename T>
T* TryAs(Expr* expr) {
  return expr != nullptr && expr->kind == T::kKind ? static_cast<T*>(expr) : nullptr;
}

struct NumberLiteral final : Expr {
  static constexpr ExprKind kKind = ExprKind::kNumberLiteral;
  NumberLiteral(double number, bool duration, PositionRange range)
      : Expr(kKind, range), value(number), is_duration(duration) {}
  ExprPtr Clone() const override;

  double value;
  bool is_duration;  ///< Written as a duration (`5m`), and printed as one.
};

struct StringLiteral final : Expr {
  static constexpr ExprKind kKind = ExprKind::kStringLiteral;
  StringLiteral(std::string text, PositionRange range)
      : Expr(kKind, range), value(std::move(text)) {}
  ExprPtr Clone() const override;

  std::string value;
};

struct ParenExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kParen;
  ParenExpr(ExprPtr child, PositionRange range) : Expr(kKind, range), expr(std::move(child)) {}
  ExprPtr Clone() const override;

  ExprPtr expr;
};

struct UnaryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kUnary;
  UnaryExpr(bool minus, ExprPtr child, PositionRange range)
      : Expr(kKind, range), is_minus(minus), expr(std::move(child)) {}
  ExprPtr Clone() const override;

  bool is_minus;  ///< Else plus.
  ExprPtr expr;   ///< Scalar or instant vector.
};

enum class MatchCardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany, kManyToMany };
/// "one-to-one", "many-to-one", "one-to-many", "many-to-many".
std::string_view MatchCardinalityName(MatchCardinality cardinality);

/// How elements of two instant vectors find each other.
struct VectorMatching {
  MatchCardinality card = MatchCardinality::kOneToOne;
  std::vector<std::string> matching_labels;
  bool on = false;                   ///< Match on matching_labels only; else on all but them.
  std::vector<std::string> include;  ///< Labels that group_left/right copies from the "one" side.
  std::optional<double> fill_left;   ///< Stands for a missing element of the left side.
  std::optional<double> fill_right;
  friend bool operator==(const VectorMatching&, const VectorMatching&) = default;
};

struct BinaryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kBinary;
  BinaryExpr(BinaryOp operation, ExprPtr left, ExprPtr right, PositionRange range)
      : Expr(kKind, range), op(operation), lhs(std::move(left)), rhs(std::move(right)) {}
  ExprPtr Clone() const override;

  BinaryOp op;
  ExprPtr lhs;
  ExprPtr rhs;
  bool return_bool = false;                ///< A comparison yields 0 or 1 instead of filtering.
  std::optional<VectorMatching> matching;  ///< Set exactly when both sides are instant vectors.
};

struct AggregateExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kAggregate;
  AggregateExpr(AggregateOp operation, PositionRange range) : Expr(kKind, range), op(operation) {}
  ExprPtr Clone() const override;

  AggregateOp op;
  ExprPtr expr;
  ExprPtr param;  ///< topk's k and the like (scalar), count_values' label (string); null elsewhere.
  std::vector<std::string> grouping;
  bool without = false;  ///< Group by all labels but `grouping`.
};

struct Call final : Expr {
  static constexpr ExprKind kKind = ExprKind::kCall;
  Call(const Function& called, std::vector<ExprPtr> arguments, PositionRange range)
      : Expr(kKind, range), function(&called), args(std::move(arguments)) {}
  ExprPtr Clone() const override;

  const Function* function;  ///< Never null; of static lifetime.
  std::vector<ExprPtr> args;
};

enum class AtModifier : uint8_t {
  kNone,
  kTimestamp,  ///< `@ 1.5`: at_timestamp_ms
  kStart,      ///< `@ start()`
  kEnd,        ///< `@ end()`
};

struct DurationExpr;

/// `offset` and `@`, which instant selectors and subqueries share.
struct TimeModifiers {
  TimeModifiers();
  TimeModifiers(const TimeModifiers& other);  ///< Deep.
  TimeModifiers(TimeModifiers&&) noexcept;
  TimeModifiers& operator=(const TimeModifiers& other);  ///< Deep.
  TimeModifiers& operator=(TimeModifiers&&) noexcept;
  ~TimeModifiers();

  int64_t original_offset_ms = 0;  ///< As written. The evaluator sets it when offset_expr is there.
  int64_t offset_ms = 0;  ///< What the evaluator uses: @ and enclosing subqueries worked in.
  std::unique_ptr<DurationExpr> offset_expr;  ///< An offset that has to be calculated, or null.
  AtModifier at = AtModifier::kNone;
  int64_t at_timestamp_ms =
      0;  ///< Meaningful for kTimestamp; the evaluator sets it for the other two.
};

struct VectorSelector final : Expr {
  static constexpr ExprKind kKind = ExprKind::kVectorSelector;
  explicit VectorSelector(PositionRange range) : Expr(kKind, range) {}
  ExprPtr Clone() const override;
  std::unique_ptr<VectorSelector> CloneSelector() const;

  std::string name;  ///< "" when the braces name the metric, or nothing does.
  /// All matchers, that of the name last when `name` is set (in order of writing otherwise).
  std::vector<Matcher> matchers;
  TimeModifiers time;
  bool is_anchored = false;
  bool is_smoothed = false;
  /// The second argument of info() may match the empty label set.
  bool may_match_empty = false;
  /// Only counts and sums of its native histograms are used. Planning sets it.
  bool needs_histogram_totals_only = false;
};

struct MatrixSelector final : Expr {
  static constexpr ExprKind kKind = ExprKind::kMatrixSelector;
  MatrixSelector(std::unique_ptr<VectorSelector> vector_selector, PositionRange range);
  ExprPtr Clone() const override;

  std::unique_ptr<VectorSelector> selector;  ///< Holds offset, @, anchored and smoothed.
  int64_t range_ms = 0;
  std::unique_ptr<DurationExpr> range_expr;  ///< A range that has to be calculated, or null.
};

struct SubqueryExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kSubquery;
  SubqueryExpr(ExprPtr child, PositionRange range);
  ExprPtr Clone() const override;

  ExprPtr expr;
  int64_t range_ms = 0;
  std::unique_ptr<DurationExpr> range_expr;
  int64_t step_ms = 0;  ///< 0: the default, the global evaluation interval.
  std::unique_ptr<DurationExpr> step_expr;
  TimeModifiers time;
};

/// Marks a part whose value is the same at each step. The parser does not make it; planning may.
struct StepInvariantExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kStepInvariant;
  explicit StepInvariantExpr(ExprPtr child)
      : Expr(kKind, child->position), expr(std::move(child)) {}
  ExprPtr Clone() const override;

  ExprPtr expr;
};

enum class DurationOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,  ///< Binary; kAdd and kSub with null lhs are unary.
  kMin,
  kMax,  ///< min_of(lhs, rhs), max_of(lhs, rhs)
  kStep,
  kRange,  ///< step() and range(), no operands
};

/// Arithmetic in the place of a duration. Operands are NumberLiterals in seconds or DurationExprs.
/// EvaluateDuration (durations.h) calculates it.
struct DurationExpr final : Expr {
  static constexpr ExprKind kKind = ExprKind::kDuration;
  DurationExpr(DurationOp operation, ExprPtr left, ExprPtr right, PositionRange range)
      : Expr(kKind, range), op(operation), lhs(std::move(left)), rhs(std::move(right)) {}
  ExprPtr Clone() const override;
  std::unique_ptr<DurationExpr> CloneDuration() const;

  DurationOp op;
  ExprPtr lhs;
  ExprPtr rhs;
  bool is_wrapped = false;  ///< Written in parentheses.
};

/// Calls `visit(child)` for each direct child that is evaluated: operands, arguments, the
/// aggregation's parameter, a matrix selector's vector selector. Not for duration expressions. `E`
/// is Expr or const Expr, and so are the children.
template <typename E, typename Visit>
void ForEachChild(E& expr, const Visit& visit) {
  const auto give = [&](const ExprPtr& child) {
    if (child) visit(static_cast<E&>(*child));
  };
  switch (expr.kind) {
    case ExprKind::kParen:
      return give(As<ParenExpr>(expr).expr);
    case ExprKind::kUnary:
      return give(As<UnaryExpr>(expr).expr);
    case ExprKind::kSubquery:
      return give(As<SubqueryExpr>(expr).expr);
    case ExprKind::kStepInvariant:
      return give(As<StepInvariantExpr>(expr).expr);
    case ExprKind::kBinary:
      give(As<BinaryExpr>(expr).lhs);
      return give(As<BinaryExpr>(expr).rhs);
    case ExprKind::kAggregate:
      give(As<AggregateExpr>(expr).expr);
      return give(As<AggregateExpr>(expr).param);
    case ExprKind::kCall:
      for (const ExprPtr& arg : As<Call>(expr).args) give(arg);
      return;
    case ExprKind::kMatrixSelector:
      visit(static_cast<E&>(*As<MatrixSelector>(expr).selector));
      return;
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
    case ExprKind::kVectorSelector:
    case ExprKind::kDuration:
      return;
  }
}

/// Calls `visit(expr)` for `expr` and everything below it, parents first.
template <typename Visit>
void Inspect(const Expr& expr, const Visit& visit) {
  visit(expr);
  ForEachChild(expr, [&](const Expr& child) { Inspect(child, visit); });
}

}  // namespace tocsin::promql

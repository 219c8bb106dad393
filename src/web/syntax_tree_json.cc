#include "web/syntax_tree_json.h"

#include "base/json_writer.h"
#include "model/number_text.h"

namespace tocsin::web {
namespace {

using namespace promql;  // NOLINT: this file is about its nodes.

// Keys go out in order of name, as Go's maps do.
class TreeWriter {
 public:
  explicit TreeWriter(std::string& out) : json_(out) {}

  void Write(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kAggregate:
        return WriteAggregate(As<AggregateExpr>(expr));
      case ExprKind::kBinary:
        return WriteBinary(As<BinaryExpr>(expr));
      case ExprKind::kCall:
        return WriteCall(As<Call>(expr));
      case ExprKind::kMatrixSelector:
        return WriteMatrixSelector(As<MatrixSelector>(expr));
      case ExprKind::kSubquery:
        return WriteSubquery(As<SubqueryExpr>(expr));
      case ExprKind::kVectorSelector:
        return WriteSelector(As<VectorSelector>(expr), nullptr);
      case ExprKind::kNumberLiteral:
        return WriteNumber(As<NumberLiteral>(expr));
      case ExprKind::kStringLiteral:
        return WriteString(As<StringLiteral>(expr));
      case ExprKind::kParen:
        return WriteParen(As<ParenExpr>(expr));
      case ExprKind::kUnary:
        return WriteUnary(As<UnaryExpr>(expr));
      case ExprKind::kStepInvariant:
        return Write(*As<StepInvariantExpr>(expr).expr);
      case ExprKind::kDuration:
        return json_.Null();
    }
  }

 private:
  void WriteAggregate(const AggregateExpr& aggregate) {
    json_.BeginObject();
    KeyNode("expr", aggregate.expr.get());
    KeyStrings("grouping", aggregate.grouping);
    json_.KeyString("op", AggregateOpText(aggregate.op));
    KeyNode("param", aggregate.param.get());
    json_.KeyString("type", "aggregation");
    json_.KeyBool("without", aggregate.without);
    json_.EndObject();
  }

  void WriteBinary(const BinaryExpr& binary) {
    json_.BeginObject();
    json_.KeyBool("bool", binary.return_bool);
    KeyNode("lhs", binary.lhs.get());
    json_.Key("matching");
    if (binary.matching) {
      WriteMatching(*binary.matching);
    } else {
      json_.Null();
    }
    json_.KeyString("op", BinaryOpText(binary.op));
    KeyNode("rhs", binary.rhs.get());
    json_.KeyString("type", "binaryExpr");
    json_.EndObject();
  }

  void WriteMatching(const VectorMatching& matching) {
    json_.BeginObject();
    json_.KeyString("card", MatchCardinalityName(matching.card));
    json_.Key("fillValues");
    json_.BeginObject();
    KeyOptional("lhs", matching.fill_left);
    KeyOptional("rhs", matching.fill_right);
    json_.EndObject();
    KeyStrings("include", matching.include);
    KeyStrings("labels", matching.matching_labels);
    json_.KeyBool("on", matching.on);
    json_.EndObject();
  }

  void WriteCall(const Call& call) {
    json_.BeginObject();
    json_.Key("args");
    json_.BeginArray();
    for (const ExprPtr& arg : call.args) Write(*arg);
    json_.EndArray();
    json_.Key("func");
    WriteFunction(*call.function);
    json_.KeyString("type", "call");
    json_.EndObject();
  }

  void WriteFunction(const Function& function) {
    json_.BeginObject();
    json_.Key("argTypes");
    json_.BeginArray();
    for (const ValueType type : function.types()) json_.String(ValueTypeName(type));
    json_.EndArray();
    json_.KeyString("name", function.name);
    json_.KeyString("returnType", ValueTypeName(function.return_type));
    json_.KeyInt("variadic", function.variadic);
    json_.EndObject();
  }

  void WriteMatrixSelector(const MatrixSelector& matrix) {
    WriteSelector(*matrix.selector, &matrix.range_ms);
  }

  // With a range, a matrix selector.
  void WriteSelector(const VectorSelector& selector, const int64_t* range_ms) {
    json_.BeginObject();
    json_.KeyBool("anchored", selector.is_anchored);
    json_.Key("matchers");
    WriteMatchers(selector.matchers);
    json_.KeyString("name", selector.name);
    json_.KeyInt("offset", selector.time.original_offset_ms);
    if (range_ms != nullptr) json_.KeyInt("range", *range_ms);
    json_.KeyBool("smoothed", selector.is_smoothed);
    KeyStartOrEnd(selector.time);
    KeyTimestamp(selector.time);
    json_.KeyString("type", range_ms != nullptr ? "matrixSelector" : "vectorSelector");
    json_.EndObject();
  }

  void WriteMatchers(const std::vector<Matcher>& matchers) {
    json_.BeginArray();
    for (const Matcher& matcher : matchers) {
      json_.BeginObject();
      json_.KeyString("name", matcher.name());
      json_.KeyString("type", MatchTypeText(matcher.type()));
      json_.KeyString("value", matcher.value());
      json_.EndObject();
    }
    json_.EndArray();
  }

  void WriteSubquery(const SubqueryExpr& subquery) {
    json_.BeginObject();
    KeyNode("expr", subquery.expr.get());
    json_.KeyInt("offset", subquery.time.original_offset_ms);
    json_.KeyInt("range", subquery.range_ms);
    KeyStartOrEnd(subquery.time);
    json_.KeyInt("step", subquery.step_ms);
    KeyTimestamp(subquery.time);
    json_.KeyString("type", "subquery");
    json_.EndObject();
  }

  void WriteNumber(const NumberLiteral& number) {
    json_.BeginObject();
    json_.KeyString("type", "numberLiteral");
    json_.KeyString("val", FormatFloatFixed(number.value));
    json_.EndObject();
  }

  void WriteString(const StringLiteral& text) {
    json_.BeginObject();
    json_.KeyString("type", "stringLiteral");
    json_.KeyString("val", text.value);
    json_.EndObject();
  }

  void WriteParen(const ParenExpr& paren) {
    json_.BeginObject();
    KeyNode("expr", paren.expr.get());
    json_.KeyString("type", "parenExpr");
    json_.EndObject();
  }

  void WriteUnary(const UnaryExpr& unary) {
    json_.BeginObject();
    KeyNode("expr", unary.expr.get());
    json_.KeyString("op", unary.is_minus ? "-" : "+");
    json_.KeyString("type", "unaryExpr");
    json_.EndObject();
  }

  void KeyNode(std::string_view key, const Expr* expr) {
    json_.Key(key);
    if (expr != nullptr) {
      Write(*expr);
    } else {
      json_.Null();
    }
  }

  void KeyStrings(std::string_view key, const std::vector<std::string>& values) {
    json_.Key(key);
    json_.BeginArray();
    for (const std::string& value : values) json_.String(value);
    json_.EndArray();
  }

  void KeyOptional(std::string_view key, const std::optional<double>& value) {
    json_.Key(key);
    if (value) {
      json_.Double(*value);
    } else {
      json_.Null();
    }
  }

  void KeyStartOrEnd(const TimeModifiers& time) {
    json_.Key("startOrEnd");
    switch (time.at) {
      case AtModifier::kStart:
        return json_.String("start");
      case AtModifier::kEnd:
        return json_.String("end");
      default:
        return json_.Null();
    }
  }

  void KeyTimestamp(const TimeModifiers& time) {
    json_.Key("timestamp");
    if (time.at == AtModifier::kTimestamp) {
      json_.Int(time.at_timestamp_ms);
    } else {
      json_.Null();
    }
  }

  JsonWriter json_;
};

}  // namespace

std::string SyntaxTreeJson(const Expr& expr) {
  std::string out;
  TreeWriter(out).Write(expr);
  return out;
}

}  // namespace tocsin::web

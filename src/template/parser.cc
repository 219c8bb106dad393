#include "template/parser.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "template/go_literal.h"
#include "template/lexer.h"

namespace tocsin::templates {

namespace {

// Each level of nesting costs stack here and again in each execution; nobody nests this deep by
// hand.
constexpr int kMaxNesting = 200;

/// What all trees of one text share while it is parsed.
struct ParseContext {
  std::string parse_name;
  std::shared_ptr<const std::string> text;
  Lexer lexer;
  const std::function<bool(std::string_view)>& has_function;
  TreeSet trees;
  int nesting = 0;
};

/// Counts a level of nesting for a scope.
class NestingScope {
 public:
  explicit NestingScope(int& nesting) : nesting_(nesting) { ++nesting_; }
  ~NestingScope() { --nesting_; }
  NestingScope(const NestingScope&) = delete;
  NestingScope& operator=(const NestingScope&) = delete;

 private:
  int& nesting_;
};

bool BeginsOperand(TokenKind kind) {
  switch (kind) {
    case TokenKind::kBool:
    case TokenKind::kCharacterConstant:
    case TokenKind::kDot:
    case TokenKind::kField:
    case TokenKind::kIdentifier:
    case TokenKind::kNumber:
    case TokenKind::kNil:
    case TokenKind::kRawString:
    case TokenKind::kString:
    case TokenKind::kVariable:
    case TokenKind::kLeftParenthesis:
      return true;
    default:
      return false;
  }
}

// `.A.B` or `$x.A` as names.
std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  if (text.starts_with('.')) text.remove_prefix(1);
  for (;;) {
    const size_t point = text.find('.');
    names.emplace_back(text.substr(0, point));
    if (point == std::string_view::npos) return names;
    text.remove_prefix(point + 1);
  }
}

/// A recursive-descent parser of one tree; {{define}} and {{block}} start another on the same
/// tokens.
class Parser {
 public:
  explicit Parser(ParseContext& context) : context_(context) {}

  /// text, actions and definitions up to the end of the input.
  Status ParseTop(const std::string& name) {
    auto root = std::make_unique<Node>(NodeKind::kList, Peek().position);
    while (Peek().kind != TokenKind::kEof) {
      if (Peek().kind == TokenKind::kLeftDelimiter) {
        const Token delimiter = Next();
        if (NextNonSpace().kind == TokenKind::kDefine) {
          TOCSIN_RETURN_IF_ERROR(Parser(context_).ParseDefinition());
          continue;
        }
        Backup2(delimiter);
      }
      TOCSIN_ASSIGN_OR_RETURN(NodePtr node, ParseTextOrAction());
      if (IsClosing(*node)) return Fail("unexpected " + NodeText(*node));
      root->children.push_back(std::move(node));
    }
    return AddTree(name, std::move(root));
  }

 private:
  // {{define "name"}} ... {{end}}, behind the keyword.
  Status ParseDefinition() {
    const std::string where = "define clause";
    const Token token = NextNonSpace();
    TOCSIN_ASSIGN_OR_RETURN(const std::string name, ParseTemplateName(token, where));
    TOCSIN_RETURN_IF_ERROR(ExpectRightDelimiter(where));
    return ParseBody(name, where);
  }

  Status ParseBody(const std::string& name, const std::string& where) {
    NodePtr end;
    TOCSIN_ASSIGN_OR_RETURN(NodePtr root, ParseList(end));
    if (end->kind != NodeKind::kEnd) return Fail("unexpected " + NodeText(*end) + " in " + where);
    return AddTree(name, std::move(root));
  }

  Status AddTree(const std::string& name, NodePtr root) {
    auto& slot = context_.trees[name];
    if (slot != nullptr && !IsEmptyTree(*slot->root)) {
      if (IsEmptyTree(*root)) return {};
      return Fail("template: multiple definition of template " + GoQuote(name));
    }
    slot = std::make_unique<Tree>(Tree{name, context_.parse_name, context_.text, std::move(root)});
    return {};
  }

  // (text | action)* up to {{end}} or {{else}}, which goes to `closing`.
  Result<NodePtr> ParseList(NodePtr& closing) {
    const NestingScope scope(context_.nesting);
    if (context_.nesting > kMaxNesting) return Fail("max expression depth exceeded");
    auto list = std::make_unique<Node>(NodeKind::kList, PeekNonSpace().position);
    while (PeekNonSpace().kind != TokenKind::kEof) {
      TOCSIN_ASSIGN_OR_RETURN(NodePtr node, ParseTextOrAction());
      if (IsClosing(*node)) {
        closing = std::move(node);
        return list;
      }
      list->children.push_back(std::move(node));
    }
    return Fail("unexpected EOF");
  }

  Result<NodePtr> ParseTextOrAction() {
    Token token = NextNonSpace();
    if (token.kind == TokenKind::kText) {
      auto node = std::make_unique<Node>(NodeKind::kText, token.position);
      node->text = std::move(token.text);
      return node;
    }
    if (token.kind != TokenKind::kLeftDelimiter) return Unexpected(token, "input");
    action_line_ = token.line;
    auto action = ParseAction();
    action_line_ = 0;
    return action;
  }

  Result<NodePtr> ParseAction() {
    const Token token = NextNonSpace();
    switch (token.kind) {
      case TokenKind::kBlock:
        return ParseBlock();
      case TokenKind::kBreak:
        return ParseLoopExit(NodeKind::kBreak, token, "{{break}}");
      case TokenKind::kContinue:
        return ParseLoopExit(NodeKind::kContinue, token, "{{continue}}");
      case TokenKind::kElse:
        return ParseElse();
      case TokenKind::kEnd:
        return ParseEnd();
      case TokenKind::kIf:
        return ParseControl(NodeKind::kIf, "if");
      case TokenKind::kRange:
        return ParseControl(NodeKind::kRange, "range");
      case TokenKind::kTemplate:
        return ParseTemplateCall();
      case TokenKind::kWith:
        return ParseControl(NodeKind::kWith, "with");
      default:
        break;
    }
    Backup();
    auto action = std::make_unique<Node>(NodeKind::kAction, Peek().position);
    // Its variables live until the enclosing {{end}}.
    TOCSIN_ASSIGN_OR_RETURN(action->pipe, ParsePipe("command", TokenKind::kRightDelimiter));
    return action;
  }

  Result<NodePtr> ParseLoopExit(NodeKind kind, const Token& keyword, const std::string& where) {
    const Token token = NextNonSpace();
    if (token.kind != TokenKind::kRightDelimiter) return Unexpected(token, where);
    if (range_depth_ == 0) return Fail(where + " outside {{range}}");
    return std::make_unique<Node>(kind, keyword.position);
  }

  Result<NodePtr> ParseElse() {
    const Token token = PeekNonSpace();
    // {{else if ...}} leaves the keyword for ParseControl.
    if (token.kind != TokenKind::kIf && token.kind != TokenKind::kWith) {
      TOCSIN_RETURN_IF_ERROR(ExpectRightDelimiter("else"));
    }
    return std::make_unique<Node>(NodeKind::kElse, token.position);
  }

  Result<NodePtr> ParseEnd() {
    TOCSIN_RETURN_IF_ERROR(ExpectRightDelimiter("end"));
    return std::make_unique<Node>(NodeKind::kEnd, tokens_[0].position);
  }

  // {{if}}, {{with}} and {{range}}, behind the keyword.
  Result<NodePtr> ParseControl(NodeKind kind, const std::string& where) {
    const size_t variable_mark = variables_.size();
    TOCSIN_ASSIGN_OR_RETURN(NodePtr pipe, ParsePipe(where, TokenKind::kRightDelimiter));
    auto node = std::make_unique<Node>(kind, pipe->position);
    node->pipe = std::move(pipe);
    const int is_range = kind == NodeKind::kRange ? 1 : 0;
    range_depth_ += is_range;
    NodePtr closing;
    TOCSIN_ASSIGN_OR_RETURN(node->list, ParseList(closing));
    range_depth_ -= is_range;
    if (closing->kind == NodeKind::kElse) {
      TOCSIN_ASSIGN_OR_RETURN(node->else_list, ParseElseList(kind, where, closing->position));
    }
    variables_.resize(variable_mark);
    return node;
  }

  // What follows {{else}}. {{else if x}} is {{else}}{{if x}}, whose {{end}} also ends the outer
  // one.
  Result<NodePtr> ParseElseList(NodeKind kind, const std::string& where, size_t position) {
    const TokenKind chained = kind == NodeKind::kIf ? TokenKind::kIf : TokenKind::kWith;
    if (kind != NodeKind::kRange && Peek().kind == chained) {
      const NestingScope scope(context_.nesting);
      if (context_.nesting > kMaxNesting) return Fail("max expression depth exceeded");
      Next();
      auto list = std::make_unique<Node>(NodeKind::kList, position);
      TOCSIN_ASSIGN_OR_RETURN(NodePtr inner, ParseControl(kind, where));
      list->children.push_back(std::move(inner));
      return list;
    }
    NodePtr closing;
    TOCSIN_ASSIGN_OR_RETURN(NodePtr list, ParseList(closing));
    if (closing->kind != NodeKind::kEnd) {
      return Fail("expected end; found " + NodeText(*closing));
    }
    return list;
  }

  // {{block "name" pipeline}} ... {{end}}: a definition and its call.
  Result<NodePtr> ParseBlock() {
    const std::string where = "block clause";
    const Token token = NextNonSpace();
    auto call = std::make_unique<Node>(NodeKind::kTemplate, token.position);
    TOCSIN_ASSIGN_OR_RETURN(call->text, ParseTemplateName(token, where));
    TOCSIN_ASSIGN_OR_RETURN(call->pipe, ParsePipe(where, TokenKind::kRightDelimiter));
    TOCSIN_RETURN_IF_ERROR(Parser(context_).ParseBody(call->text, where));
    return call;
  }

  Result<NodePtr> ParseTemplateCall() {
    const std::string where = "template clause";
    const Token token = NextNonSpace();
    auto call = std::make_unique<Node>(NodeKind::kTemplate, token.position);
    TOCSIN_ASSIGN_OR_RETURN(call->text, ParseTemplateName(token, where));
    if (NextNonSpace().kind != TokenKind::kRightDelimiter) {
      Backup();
      TOCSIN_ASSIGN_OR_RETURN(call->pipe, ParsePipe(where, TokenKind::kRightDelimiter));
    }
    return call;
  }

  Result<std::string> ParseTemplateName(const Token& token, const std::string& where) {
    if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) {
      return Unexpected(token, where);
    }
    return Unquote(token);
  }

  // declarations? command ('|' command)*
  Result<NodePtr> ParsePipe(const std::string& where, TokenKind end) {
    auto pipe = std::make_unique<Node>(NodeKind::kPipe, PeekNonSpace().position);
    TOCSIN_RETURN_IF_ERROR(ParseDeclarations(*pipe, where));
    for (;;) {
      const Token token = NextNonSpace();
      if (token.kind == end) break;
      if (!BeginsOperand(token.kind)) return Unexpected(token, where);
      Backup();
      TOCSIN_ASSIGN_OR_RETURN(NodePtr command, ParseCommand());
      pipe->children.push_back(std::move(command));
    }
    TOCSIN_RETURN_IF_ERROR(CheckPipe(*pipe, where));
    return pipe;
  }

  // `$x :=`, `$x =` and, in a range, `$i, $x :=`.
  Status ParseDeclarations(Node& pipe, const std::string& where) {
    while (PeekNonSpace().kind == TokenKind::kVariable) {
      const Token variable = Next();
      // In "$x foo" the variable is an operand, which three tokens of look-ahead tell.
      const Token after_variable = Peek();
      const Token next = PeekNonSpace();
      if (next.kind == TokenKind::kAssign || next.kind == TokenKind::kDeclare) {
        pipe.is_assignment = next.kind == TokenKind::kAssign;
        NextNonSpace();
        Declare(pipe, variable);
        return {};
      }
      if (next.kind != TokenKind::kCharacter || next.text != ",") {
        if (after_variable.kind == TokenKind::kSpace) {
          Backup3(variable, after_variable);
        } else {
          Backup2(variable);
        }
        return {};
      }
      NextNonSpace();
      Declare(pipe, variable);
      if (where != "range" || pipe.declarations.size() >= 2) {
        return Fail("too many declarations in " + where);
      }
      const TokenKind second = PeekNonSpace().kind;
      if (second != TokenKind::kVariable && second != TokenKind::kRightDelimiter &&
          second != TokenKind::kRightParenthesis) {
        return Fail("range can only initialize variables");
      }
    }
    return {};
  }

  void Declare(Node& pipe, const Token& variable) {
    auto node = std::make_unique<Node>(NodeKind::kVariable, variable.position);
    node->names = SplitNames(variable.text);
    pipe.declarations.push_back(std::move(node));
    variables_.push_back(variable.text);
  }

  Status CheckPipe(const Node& pipe, const std::string& where) {
    if (pipe.children.empty()) return Fail("missing value for " + where);
    for (size_t i = 1; i < pipe.children.size(); ++i) {
      switch (pipe.children[i]->children[0]->kind) {
        case NodeKind::kBool:
        case NodeKind::kDot:
        case NodeKind::kNil:
        case NodeKind::kNumber:
        case NodeKind::kString:
          return Fail("non executable command in pipeline stage " + std::to_string(i + 1));
        default:
          break;
      }
    }
    return {};
  }

  // operand (space operand)*, and a pipe character that is dropped.
  Result<NodePtr> ParseCommand() {
    auto command = std::make_unique<Node>(NodeKind::kCommand, PeekNonSpace().position);
    for (;;) {
      PeekNonSpace();
      TOCSIN_ASSIGN_OR_RETURN(NodePtr operand, ParseOperand());
      if (operand) command->children.push_back(std::move(operand));
      const Token token = Next();
      if (token.kind == TokenKind::kSpace) continue;
      if (token.kind == TokenKind::kRightDelimiter || token.kind == TokenKind::kRightParenthesis) {
        Backup();
      } else if (token.kind != TokenKind::kPipe) {
        return Unexpected(token, "operand");
      }
      break;
    }
    if (command->children.empty()) return Fail("empty command");
    return command;
  }

  // term .Field*; null when the next token is no operand.
  Result<NodePtr> ParseOperand() {
    TOCSIN_ASSIGN_OR_RETURN(NodePtr term, ParseTerm());
    if (!term || Peek().kind != TokenKind::kField) return term;
    const size_t position = Peek().position;
    std::vector<std::string> fields;
    while (Peek().kind == TokenKind::kField) fields.push_back(Next().text.substr(1));
    switch (term->kind) {
      case NodeKind::kField:
      case NodeKind::kVariable:
        term->names.insert(term->names.end(), fields.begin(), fields.end());
        term->position = position;
        return term;
      case NodeKind::kBool:
      case NodeKind::kString:
      case NodeKind::kNumber:
      case NodeKind::kNil:
      case NodeKind::kDot:
        return Fail("unexpected . after term " + GoQuote(NodeText(*term)));
      default:
        break;
    }
    auto chain = std::make_unique<Node>(NodeKind::kChain, position);
    chain->children.push_back(std::move(term));
    chain->names = std::move(fields);
    return chain;
  }

  Result<NodePtr> ParseTerm() {
    const Token token = NextNonSpace();
    switch (token.kind) {
      case TokenKind::kIdentifier:
        if (!context_.has_function(token.text)) {
          return Fail("function " + GoQuote(token.text) + " not defined");
        }
        return MakeText(NodeKind::kIdentifier, token);
      case TokenKind::kDot:
        return std::make_unique<Node>(NodeKind::kDot, token.position);
      case TokenKind::kNil:
        return std::make_unique<Node>(NodeKind::kNil, token.position);
      case TokenKind::kVariable:
        return UseVariable(token);
      case TokenKind::kField: {
        auto field = std::make_unique<Node>(NodeKind::kField, token.position);
        field->names = SplitNames(token.text);
        return field;
      }
      case TokenKind::kBool: {
        auto constant = std::make_unique<Node>(NodeKind::kBool, token.position);
        constant->constant = Value(token.text == "true");
        return constant;
      }
      case TokenKind::kCharacterConstant:
      case TokenKind::kNumber:
        return ParseNumber(token);
      case TokenKind::kLeftParenthesis: {
        const NestingScope scope(context_.nesting);
        if (context_.nesting > kMaxNesting) return Fail("max expression depth exceeded");
        return ParsePipe("parenthesized pipeline", TokenKind::kRightParenthesis);
      }
      case TokenKind::kString:
      case TokenKind::kRawString: {
        auto constant = MakeText(NodeKind::kString, token);
        TOCSIN_ASSIGN_OR_RETURN(std::string text, Unquote(token));
        constant->constant = Value(std::move(text));
        return constant;
      }
      default:
        break;
    }
    Backup();
    return NodePtr();
  }

  Result<NodePtr> ParseNumber(const Token& token) {
    auto number = ParseGoNumber(token.text);
    if (!number) return Fail(number.error().message());
    auto node = MakeText(NodeKind::kNumber, token);
    node->constant = *std::move(number);
    return node;
  }

  Result<NodePtr> UseVariable(const Token& token) {
    if (std::find(variables_.begin(), variables_.end(), token.text) == variables_.end()) {
      return Fail("undefined variable " + GoQuote(token.text));
    }
    auto node = std::make_unique<Node>(NodeKind::kVariable, token.position);
    node->names.push_back(token.text);
    return node;
  }

  static NodePtr MakeText(NodeKind kind, const Token& token) {
    auto node = std::make_unique<Node>(kind, token.position);
    node->text = token.text;
    return node;
  }

  static bool IsClosing(const Node& node) {
    return node.kind == NodeKind::kEnd || node.kind == NodeKind::kElse;
  }

  Result<std::string> Unquote(const Token& token) {
    auto text = UnquoteGoString(token.text);
    if (!text) return Fail(text.error().message());
    return text;
  }

  Status ExpectRightDelimiter(const std::string& where) {
    const Token token = NextNonSpace();
    if (token.kind != TokenKind::kRightDelimiter) return Unexpected(token, where);
    return {};
  }

  Error Fail(const std::string& message) const {
    return Errorf(ErrorCode::kInvalidArgument, "template: {}:{}: {}", context_.parse_name,
                  tokens_[0].line, message);
  }

  Error Unexpected(const Token& token, const std::string& where) const {
    if (token.kind != TokenKind::kError) {
      return Fail("unexpected " + token.Describe() + " in " + where);
    }
    std::string extra;
    if (action_line_ != 0 && action_line_ != token.line) {
      const std::string_view lead = token.text.ends_with(" action") ? "" : " in action";
      extra = fmt::format("{} started at {}:{}", lead, context_.parse_name, action_line_);
    }
    return Fail(token.text + extra);
  }

  // Up to three tokens wait in tokens_[0 .. peek_count_), the next one last.
  const Token& Peek() {
    if (peek_count_ == 0) {
      tokens_[0] = context_.lexer.Next();
      peek_count_ = 1;
    }
    return tokens_[peek_count_ - 1];
  }
  Token Next() {
    if (peek_count_ > 0) {
      --peek_count_;
    } else {
      tokens_[0] = context_.lexer.Next();
    }
    return tokens_[peek_count_];
  }
  void Backup() { ++peek_count_; }
  void Backup2(const Token& second) {
    tokens_[1] = second;
    peek_count_ = 2;
  }
  void Backup3(const Token& third, const Token& second) {
    tokens_[1] = second;
    tokens_[2] = third;
    peek_count_ = 3;
  }
  Token NextNonSpace() {
    Token token = Next();
    while (token.kind == TokenKind::kSpace) token = Next();
    return token;
  }
  Token PeekNonSpace() {
    Token token = NextNonSpace();
    Backup();
    return token;
  }

  ParseContext& context_;
  std::array<Token, 3> tokens_;
  size_t peek_count_ = 0;
  std::vector<std::string> variables_{"$"};
  int range_depth_ = 0;
  int action_line_ = 0;
};

}  // namespace

Result<TreeSet> ParseTrees(const std::string& name, std::string_view text,
                           const std::function<bool(std::string_view)>& has_function) {
  auto owned = std::make_shared<const std::string>(text);
  ParseContext context{name, owned, Lexer(*owned), has_function, {}};
  TOCSIN_RETURN_IF_ERROR(Parser(context).ParseTop(name));
  return std::move(context.trees);
}

}  // namespace tocsin::templates

#include "config/kubernetes_selector.h"

#include <algorithm>
#include <string>

namespace tocsin::config {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxPrefixBytes = 253;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits and -_. with a letter or digit at both ends.
bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && IsAlphanumeric(text.front()) &&
         IsAlphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool IsKey(std::string_view key) {
  const size_t slash = key.find('/');
  if (slash == std::string_view::npos) return IsName(key);
  const std::string_view prefix = key.substr(0, slash);
  const bool is_prefix =
      !prefix.empty() && prefix.size() <= kMaxPrefixBytes &&
      std::all_of(prefix.begin(), prefix.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
      });
  return is_prefix && IsName(key.substr(slash + 1));
}

// requirement = ["!"] key | key operator value | key ("in" | "notin") "(" value {"," value} ")"
// selector    = [requirement {"," requirement}]
class LabelSelectorParser {
 public:
  explicit LabelSelectorParser(std::string_view text) : rest_(text) { Advance(); }

  Status Parse() {
    if (token_.empty()) return {};
    if (!IsWord() && token_ != "!") return Unexpected("!, identifier, or 'end of string'");
    while (true) {
      if (const Status status = ParseRequirement(); !status) {
        return status.error().WithContext("unable to parse requirement");
      }
      if (token_.empty()) return {};
      if (token_ != ",") return Unexpected("',' or 'end of string'");
      Advance();
      if (!IsWord() && token_ != "!") return Unexpected("identifier after ','");
    }
  }

 private:
  static bool IsSpecial(char c) { return std::string_view("=!(),<>").find(c) != std::string::npos; }
  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  bool IsWord() const { return !token_.empty() && !IsSpecial(token_.front()); }

  // The next token; "" at the end.
  void Advance() {
    while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
    size_t size = 0;
    if (rest_.starts_with("==") || rest_.starts_with("!=")) {
      size = 2;
    } else if (!rest_.empty() && IsSpecial(rest_.front())) {
      size = 1;
    } else {
      while (size < rest_.size() && !IsSpecial(rest_[size]) && !IsSpace(rest_[size])) ++size;
    }
    token_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }

  Error Unexpected(std::string_view expected) const {
    return Errorf(ErrorCode::kInvalidArgument, "found '{}', expected: {}", token_, expected);
  }

  Status ParseRequirement() {
    const bool is_negated = token_ == "!";
    if (is_negated) Advance();
    if (!IsWord()) return Unexpected("identifier");
    if (!IsKey(token_)) {
      return Errorf(ErrorCode::kInvalidArgument,
                    "key: Invalid value: \"{}\": name part must be valid", token_);
    }
    Advance();
    if (is_negated || token_.empty() || token_ == ",") return {};
    const std::string_view action = token_;
    static constexpr std::string_view kOperators[] = {"=", "==", "!=", ">", "<", "in", "notin"};
    if (std::find(std::begin(kOperators), std::end(kOperators), action) == std::end(kOperators)) {
      return Unexpected("in, notin, =, ==, !=, gt, lt");
    }
    Advance();
    return action == "in" || action == "notin" ? ParseValues() : ParseValue();
  }

  Status ParseValue() {
    if (token_.empty() || token_ == ",") return {};  // An empty value.
    if (!IsWord()) return Unexpected("identifier");
    TOCSIN_RETURN_IF_ERROR(CheckValue());
    Advance();
    return {};
  }

  Status ParseValues() {
    if (token_ != "(") return Unexpected("'('");
    do {
      Advance();
      if (token_ == "," || token_ == ")") continue;  // An empty value.
      if (!IsWord()) return Unexpected("',', ')' or identifier");
      TOCSIN_RETURN_IF_ERROR(CheckValue());
      Advance();
    } while (token_ == ",");
    if (token_ != ")") return Unexpected("',' or ')'");
    Advance();
    return {};
  }

  Status CheckValue() const {
    if (IsName(token_)) return {};
    return Errorf(ErrorCode::kInvalidArgument,
                  "values[0]: Invalid value: \"{}\": a valid label must be valid", token_);
  }

  std::string_view rest_;
  std::string_view token_;
};

}  // namespace

Status CheckFieldSelector(std::string_view selector) {
  std::string term;
  const auto check = [&]() -> Status {
    if (term.empty() || term.find('=') != std::string::npos) return {};
    return Errorf(ErrorCode::kInvalidArgument, "invalid selector: '{}'; can't understand '{}'",
                  selector, term);
  };
  for (size_t i = 0; i < selector.size(); ++i) {
    if (selector[i] == ',') {
      TOCSIN_RETURN_IF_ERROR(check());
      term.clear();
      continue;
    }
    if (selector[i] == '\\' && i + 1 < selector.size()) term += selector[i++];
    term += selector[i];
  }
  return check();
}

Status CheckLabelSelector(std::string_view selector) {
  return LabelSelectorParser(selector).Parse();
}

}  // namespace tocsin::config

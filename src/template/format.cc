#include "template/format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "model/duration.h"
#include "model/labels.h"
#include "template/time_format.h"
#include "template/utf8.h"

namespace tocsin::templates {

namespace {

using internal::AppendRune;
using internal::CountRunes;
using internal::DecodeRune;
using internal::FirstRunes;
using Kind = Value::Kind;

// As Go's fmt: a larger number is a mistake, or an attack.
constexpr int kMaxWidth = 1'000'000;

struct Verb {
  char32_t letter = 'v';
  bool plus = false, minus = false, sharp = false, space = false, zero = false;
  bool with_names = false;  // %+v
  bool as_source = false;   // %#v
  std::optional<int> width;
  std::optional<int> precision;

  bool IsOneOf(std::string_view letters) const {
    return letter < 0x80 && letters.find(static_cast<char>(letter)) != std::string_view::npos;
  }
};

void AppendPadded(std::string& out, std::string_view text, const Verb& verb) {
  const size_t runes = CountRunes(text);
  const auto width = static_cast<size_t>(verb.width.value_or(0));
  const size_t padding = width > runes ? width - runes : 0;
  if (verb.minus) {
    out.append(text).append(padding, ' ');
  } else {
    out.append(padding, verb.zero ? '0' : ' ').append(text);
  }
}

// `digits` without sign; zero padding goes between the sign and them.
void AppendNumber(std::string& out, bool is_negative, std::string digits, const Verb& verb) {
  const char* sign = is_negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  const size_t sign_size = *sign == '\0' ? 0 : 1;
  const auto width = static_cast<size_t>(verb.width.value_or(0));
  if (verb.zero && !verb.minus && digits.size() + sign_size < width) {
    digits.insert(0, width - digits.size() - sign_size, '0');
  }
  Verb blank = verb;
  blank.zero = false;
  AppendPadded(out, sign + digits, blank);
}

std::string IntegerDigits(uint64_t magnitude, int base, bool is_upper, const Verb& verb) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, base).ptr;
  std::string digits(buffer, end);
  if (is_upper) {
    for (char& c : digits) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  const auto precision = static_cast<size_t>(verb.precision.value_or(0));
  if (digits.size() < precision) digits.insert(0, precision - digits.size(), '0');
  if (!verb.sharp) return digits;
  if (base == 16) return (is_upper ? "0X" : "0x") + digits;
  if (base == 8 && digits.front() != '0') return "0" + digits;
  if (base == 2) return "0b" + digits;
  return digits;
}

std::string QuoteRune(char32_t code) {
  std::string rune;
  AppendRune(rune, code);
  if (code == '\'') return "'\\''";
  if (code == '"') return "'\"'";
  const std::string quoted = GoQuote(rune);
  return "'" + quoted.substr(1, quoted.size() - 2) + "'";
}

bool AppendInteger(std::string& out, int64_t value, const Verb& verb) {
  const bool is_negative = value < 0;
  const uint64_t magnitude =
      is_negative ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  Verb number = verb;
  // A precision says how many digits there are, so zeros do not fill the width (Go and C agree).
  if (verb.precision) number.zero = false;
  const auto code = static_cast<char32_t>(std::clamp<int64_t>(value, 0, 0x110000));
  switch (verb.letter) {
    case 'v':
    case 'd':
      AppendNumber(out, is_negative, IntegerDigits(magnitude, 10, false, verb), number);
      return true;
    case 'b':
      AppendNumber(out, is_negative, IntegerDigits(magnitude, 2, false, verb), number);
      return true;
    case 'o':
      AppendNumber(out, is_negative, IntegerDigits(magnitude, 8, false, verb), number);
      return true;
    case 'O':
      AppendNumber(out, is_negative, "0o" + IntegerDigits(magnitude, 8, false, {}), number);
      return true;
    case 'x':
      AppendNumber(out, is_negative, IntegerDigits(magnitude, 16, false, verb), number);
      return true;
    case 'X':
      AppendNumber(out, is_negative, IntegerDigits(magnitude, 16, true, verb), number);
      return true;
    case 'c': {
      std::string rune;
      AppendRune(rune, code);
      AppendPadded(out, rune, verb);
      return true;
    }
    case 'q':
      AppendPadded(out, QuoteRune(code), verb);
      return true;
    case 'U': {
      Verb four = verb;
      four.precision = std::max(4, verb.precision.value_or(4));
      four.sharp = false;
      AppendPadded(out, "U+" + IntegerDigits(magnitude, 16, true, four), verb);
      return true;
    }
    default:
      return false;
  }
}

// strconv's 'g' with the shortest digits that read back: an exponent below 1e-4 and from 1e6 on,
// whatever the number of digits (Go decides with precision 6 there).
std::string ShortestGeneral(double value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string scientific(buffer, end);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= 6) return scientific;
  const auto fixed_end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  return std::string(buffer, fixed_end);
}

std::string FloatDigits(double magnitude, const Verb& verb) {
  const bool is_general = verb.IsOneOf("vgG");
  std::string digits;
  if (is_general && !verb.precision) {
    digits = ShortestGeneral(magnitude);
  } else {
    const char letter = is_general ? 'g' : verb.IsOneOf("eE") ? 'e' : 'f';
    const char format[] = {'%', '.', '*', letter, '\0'};
    const int precision = verb.precision.value_or(6);
    const int size = std::snprintf(nullptr, 0, format, precision, magnitude);
    digits.resize(static_cast<size_t>(size) + 1);
    std::snprintf(digits.data(), digits.size(), format, precision, magnitude);
    digits.pop_back();
  }
  if (verb.IsOneOf("EG")) std::replace(digits.begin(), digits.end(), 'e', 'E');
  return digits;
}

bool AppendFloat(std::string& out, double value, const Verb& verb) {
  if (!verb.IsOneOf("veEfFgG")) return false;
  if (std::isfinite(value)) {
    AppendNumber(out, std::signbit(value), FloatDigits(std::fabs(value), verb), verb);
    return true;
  }
  Verb blank = verb;
  blank.zero = false;
  const char* sign = std::isnan(value) ? (verb.plus ? "+" : "") : value < 0 ? "-" : "+";
  AppendPadded(out, std::string(sign) + (std::isnan(value) ? "NaN" : "Inf"), blank);
  return true;
}

std::string HexDump(std::string_view bytes, const Verb& verb) {
  static constexpr char kLower[] = "0123456789abcdef";
  static constexpr char kUpper[] = "0123456789ABCDEF";
  const char* digits = verb.letter == 'X' ? kUpper : kLower;
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (verb.space && i > 0) out.push_back(' ');
    if (verb.sharp && (verb.space || i == 0)) out.append(verb.letter == 'X' ? "0X" : "0x");
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

bool AppendText(std::string& out, std::string_view text, const Verb& verb) {
  if (!verb.IsOneOf("vsqxX")) return false;
  if (verb.precision) text = FirstRunes(text, static_cast<size_t>(*verb.precision));
  if (verb.IsOneOf("xX")) {
    AppendPadded(out, HexDump(text, verb), verb);
  } else if (verb.letter == 'q' || verb.as_source) {
    AppendPadded(out, GoQuote(text), verb);
  } else {
    AppendPadded(out, text, verb);
  }
  return true;
}

void AppendArgument(std::string& out, const Value& value, const Verb& verb);

void AppendMap(std::string& out, const Map& map, const Verb& verb) {
  out.append("map[");
  bool is_first = true;
  for (const auto& [key, element] : map.entries) {
    if (!std::exchange(is_first, false)) out.push_back(' ');
    AppendArgument(out, Value(key), verb);
    out.push_back(':');
    AppendArgument(out, element, verb);
  }
  out.push_back(']');
}

void AppendFields(std::string& out, const Object& object, const Verb& verb) {
  out.push_back('{');
  bool is_first = true;
  for (const auto& [name, field] : object.Fields()) {
    if (!std::exchange(is_first, false)) out.push_back(' ');
    if (verb.with_names) out.append(name).push_back(':');
    AppendArgument(out, field, verb);
  }
  out.push_back('}');
}

void AppendList(std::string& out, const List& list, const Verb& verb) {
  out.push_back('[');
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out.push_back(' ');
    AppendArgument(out, list[i], verb);
  }
  out.push_back(']');
}

bool AppendObject(std::string& out, const Object& object, const Verb& verb) {
  if (verb.IsOneOf("vsqxX") && !verb.as_source) {
    if (const auto text = object.ToString()) return AppendText(out, *text, verb);
  }
  const Value underlying = object.Underlying();
  if (underlying.is_nil()) {
    AppendFields(out, object, verb);
  } else {
    AppendArgument(out, underlying, verb);
  }
  return true;
}

// False when the verb does not suit the value.
bool AppendByKind(std::string& out, const Value& value, const Verb& verb) {
  switch (value.kind()) {
    case Kind::kNil:
      if (verb.letter != 'v') return false;
      AppendPadded(out, "<nil>", verb);
      return true;
    case Kind::kBool:
      if (!verb.IsOneOf("tv")) return false;
      AppendPadded(out, *value.AsBool() ? "true" : "false", verb);
      return true;
    case Kind::kInt:
      return AppendInteger(out, *value.AsInt(), verb);
    case Kind::kFloat:
      return AppendFloat(out, *value.AsFloat(), verb);
    case Kind::kString:
      return AppendText(out, *value.AsString(), verb);
    case Kind::kList:
      AppendList(out, *value.AsList(), verb);
      return true;
    case Kind::kMap:
      AppendMap(out, *value.AsMap(), verb);
      return true;
    case Kind::kObject:
      return AppendObject(out, *value.AsObject(), verb);
    case Kind::kTime:
      return AppendText(out, FormatTimeDefault(*value.AsTime()), verb);
    case Kind::kDuration: {
      const int64_t nanoseconds = value.AsDuration()->nanoseconds;
      if (verb.letter == 'd') return AppendInteger(out, nanoseconds, verb);
      return AppendText(out, FormatGoDurationNs(nanoseconds), verb);
    }
    case Kind::kFunction:
      return false;
  }
  return false;
}

void AppendArgument(std::string& out, const Value& value, const Verb& verb) {
  if (verb.letter == 'T') {
    AppendPadded(out, value.TypeName(), verb);
    return;
  }
  if (AppendByKind(out, value, verb)) return;
  out.append("%!");
  AppendRune(out, verb.letter);
  if (value.is_nil()) {
    out.append("(<nil>)");
    return;
  }
  out.append("(").append(value.TypeName()).push_back('=');
  AppendByKind(out, value, Verb{});
  out.push_back(')');
}

// Walks a format beside its arguments.
class FormatRun {
 public:
  FormatRun(std::string_view format, std::span<const Value> values)
      : rest_(format), values_(values) {}

  std::string Run() {
    while (!rest_.empty()) {
      const size_t percent = rest_.find('%');
      out_.append(rest_.substr(0, percent));
      if (percent == std::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      AppendDirective();
    }
    if (!is_reordered_ && next_ < values_.size()) AppendExtra();
    return std::move(out_);
  }

 private:
  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void ReadFlags(Verb& verb) {
    for (;; rest_.remove_prefix(1)) {
      switch (rest_.empty() ? '\0' : rest_.front()) {
        case '+':
          verb.plus = true;
          break;
        case '-':
          verb.minus = true;
          break;
        case '#':
          verb.sharp = true;
          break;
        case ' ':
          verb.space = true;
          break;
        case '0':
          verb.zero = true;
          break;
        default:
          return;
      }
    }
  }

  // `[n]`: the next argument is the n-th.
  void ReadArgumentNumber() {
    if (rest_.empty() || rest_.front() != '[') return;
    is_reordered_ = true;
    const size_t close = rest_.find(']');
    size_t number = 0;
    const bool is_closed = close != std::string_view::npos;
    const char* end = rest_.data() + (is_closed ? close : rest_.size());
    const auto [at, error] = std::from_chars(rest_.data() + 1, end, number);
    has_good_number_ =
        is_closed && at == end && error == std::errc() && number >= 1 && number <= values_.size();
    if (has_good_number_) next_ = number - 1;
    rest_.remove_prefix(is_closed ? close + 1 : 1);
  }

  // A number or `*`.
  std::optional<int> ReadNumber(std::string_view bad_text) {
    if (Skip('*')) {
      const int64_t* value = next_ < values_.size() ? values_[next_].AsInt() : nullptr;
      ++next_;
      if (value != nullptr && *value >= -kMaxWidth && *value <= kMaxWidth) {
        return static_cast<int>(*value);
      }
      out_.append(bad_text);
      return std::nullopt;
    }
    int number = 0;
    const auto [at, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (at == rest_.data() || rest_.front() == '-') return std::nullopt;
    rest_.remove_prefix(static_cast<size_t>(at - rest_.data()));
    if (error == std::errc() && number <= kMaxWidth) return number;
    out_.append(bad_text);
    return std::nullopt;
  }

  void ReadWidthAndPrecision(Verb& verb) {
    ReadArgumentNumber();
    verb.width = ReadNumber("%!(BADWIDTH)");
    if (verb.width && *verb.width < 0) {
      verb.width = -*verb.width;
      verb.minus = true;
    }
    if (Skip('.')) {
      ReadArgumentNumber();
      verb.precision = ReadNumber("%!(BADPREC)").value_or(0);
      if (*verb.precision < 0) verb.precision.reset();
    }
    ReadArgumentNumber();
  }

  void AppendDirective() {
    Verb verb;
    has_good_number_ = true;
    ReadFlags(verb);
    ReadWidthAndPrecision(verb);
    if (rest_.empty()) {
      out_.append("%!(NOVERB)");
      return;
    }
    const internal::Rune rune = DecodeRune(rest_);
    rest_.remove_prefix(rune.size_bytes);
    verb.letter = rune.code;
    if (verb.letter == '%') {
      out_.push_back('%');
    } else if (!has_good_number_) {
      AppendMistake(verb.letter, "(BADINDEX)");
    } else if (next_ >= values_.size()) {
      AppendMistake(verb.letter, "(MISSING)");
    } else {
      if (verb.minus) verb.zero = false;
      // In front of v these flags ask for names and for source text, not for signs and prefixes.
      if (verb.letter == 'v') {
        verb.with_names = std::exchange(verb.plus, false);
        verb.as_source = std::exchange(verb.sharp, false);
      }
      AppendArgument(out_, values_[next_++], verb);
    }
  }

  void AppendMistake(char32_t letter, std::string_view what) {
    out_.append("%!");
    AppendRune(out_, letter);
    out_.append(what);
  }

  void AppendExtra() {
    out_.append("%!(EXTRA ");
    for (size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) out_.append(", ");
      if (values_[i].is_nil()) {
        out_.append("<nil>");
        continue;
      }
      out_.append(values_[i].TypeName()).push_back('=');
      AppendValue(out_, values_[i]);
    }
    out_.push_back(')');
  }

  std::string_view rest_;
  std::span<const Value> values_;
  std::string out_;
  size_t next_ = 0;
  bool is_reordered_ = false;
  bool has_good_number_ = true;
};

}  // namespace

void AppendValue(std::string& out, const Value& value) { AppendArgument(out, value, Verb{}); }

std::string FormatValue(const Value& value) {
  std::string out;
  AppendValue(out, value);
  return out;
}

std::string Sprint(std::span<const Value> values) {
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_apart =
        i > 0 && values[i].AsString() == nullptr && values[i - 1].AsString() == nullptr;
    if (is_apart) out.push_back(' ');
    AppendValue(out, values[i]);
  }
  return out;
}

std::string Sprintln(std::span<const Value> values) {
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(' ');
    AppendValue(out, values[i]);
  }
  out.push_back('\n');
  return out;
}

std::string Sprintf(std::string_view format, std::span<const Value> values) {
  return FormatRun(format, values).Run();
}

}  // namespace tocsin::templates

#include "model/labels.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "base/check.h"

namespace tocsin {

namespace {

constexpr size_t kMaxLabelBytes = (size_t{1} << 24) - 1;  // What three length bytes hold.

bool IsLetterOrUnderscore(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Decodes the UTF-8 sequence at the front of `text`; length 0 when it is malformed.
struct DecodedRune {
  char32_t code;
  size_t length;
};

DecodedRune DecodeRune(std::string_view text) {
  const auto at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {0, 0};
  char32_t code = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {0, 0};
    code = code << 6 | (at(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || code > 0x10FFFF || is_surrogate) return {0, 0};
  return {code, length};
}

void AppendHex(std::string& out, const char* prefix, uint32_t value, int digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  out.append(prefix);
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out.push_back(kDigits[value >> shift & 15]);
  }
}

// What strconv.IsPrint refuses and people may meet: controls, separators, private use,
// non-characters.
bool IsPrintable(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA1) || code == 0xAD) return false;
  if (code >= 0x2000 && code <= 0x200F) return false;
  if (code >= 0x2028 && code <= 0x202F) return false;
  if (code >= 0x205F && code <= 0x206F) return false;
  if (code == 0x3000 || code == 0xFEFF || (code >= 0xE000 && code <= 0xF8FF)) return false;
  if ((code & 0xFFFE) == 0xFFFE || code >= 0xE0000) return false;
  return true;
}

}  // namespace

void AppendLabelString(std::string& out, std::string_view text) {
  CHECK(text.size() <= kMaxLabelBytes, "callers bound label names and values");
  if (text.size() < 255) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    const char size[4] = {'\xFF', static_cast<char>(text.size()),
                          static_cast<char>(text.size() >> 8),
                          static_cast<char>(text.size() >> 16)};
    out.append(size, 4);
  }
  out.append(text);
}

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.Set(name, value);
  *this = builder.Build();
}

Labels Labels::FromPairs(std::vector<std::pair<std::string, std::string>> pairs) {
  LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.Set(name, value);
  return builder.Build();
}

size_t Labels::size() const {
  size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

std::string_view Labels::Get(std::string_view name) const {
  for (const LabelView label : *this) {
    if (label.name == name) return label.value;
    if (label.name > name) break;
  }
  return {};
}

bool Labels::Has(std::string_view name) const {
  return std::any_of(begin(), end(), [name](LabelView label) { return label.name == name; });
}

uint64_t Labels::Hash() const { return XXH64(encoded_.data(), encoded_.size(), 0); }

uint64_t Labels::Fingerprint() const {
  constexpr uint64_t kPrime = 1099511628211u;
  uint64_t hash = 14695981039346656037u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    hash = (hash ^ 0xFF) * kPrime;
  };
  for (const LabelView label : *this) {
    add(label.name);
    add(label.value);
  }
  return hash;
}

std::string Labels::ToString() const {
  std::string out = "{";
  for (const LabelView label : *this) {
    if (out.size() > 1) out += ", ";
    if (IsLegacyLabelName(label.name)) {
      out += label.name;
    } else {
      AppendGoQuoted(out, label.name);
    }
    out += '=';
    AppendGoQuoted(out, label.value);
  }
  return out + "}";
}

Labels Labels::Without(const std::vector<std::string>& names) const {
  Labels result;
  for (const LabelView label : *this) {
    if (std::find(names.begin(), names.end(), label.name) != names.end()) continue;
    AppendLabelString(result.encoded_, label.name);
    AppendLabelString(result.encoded_, label.value);
  }
  return result;
}

Labels Labels::Only(const std::vector<std::string>& names) const {
  Labels result;
  for (const LabelView label : *this) {
    if (std::find(names.begin(), names.end(), label.name) == names.end()) continue;
    AppendLabelString(result.encoded_, label.name);
    AppendLabelString(result.encoded_, label.value);
  }
  return result;
}

Labels Labels::WithoutName() const { return Without({std::string(kMetricNameLabel)}); }

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  auto at_a = a.begin();
  auto at_b = b.begin();
  for (; at_a != a.end() && at_b != b.end(); ++at_a, ++at_b) {
    const LabelView label_a = *at_a;
    const LabelView label_b = *at_b;
    if (const auto order = label_a.name <=> label_b.name; order != 0) return order;
    if (const auto order = label_a.value <=> label_b.value; order != 0) return order;
  }
  return (at_a != a.end()) <=> (at_b != b.end());
}

void LabelsBuilder::Reset(const Labels& base) {
  labels_.clear();
  for (const LabelView label : base) labels_.emplace_back(label.name, label.value);
}

void LabelsBuilder::Set(std::string_view name, std::string_view value) {
  if (value.empty()) return Delete(name);
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), name,
                       [](const auto& label, std::string_view n) { return label.first < n; });
  if (at != labels_.end() && at->first == name) {
    at->second = value;
  } else {
    labels_.emplace(at, name, value);
  }
}

void LabelsBuilder::Delete(std::string_view name) {
  std::erase_if(labels_, [name](const auto& label) { return label.first == name; });
}

std::string_view LabelsBuilder::Get(std::string_view name) const {
  for (const auto& [label_name, value] : labels_) {
    if (label_name == name) return value;
  }
  return {};
}

Labels LabelsBuilder::Build() const {
  Labels result;
  for (const auto& [name, value] : labels_) {
    AppendLabelString(result.encoded_, name);
    AppendLabelString(result.encoded_, value);
  }
  return result;
}

bool IsLegacyLabelName(std::string_view name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLetterOrUnderscore(c) || IsDigit(c); });
}

bool IsLegacyMetricName(std::string_view name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsLetterOrUnderscore(c) || IsDigit(c) || c == ':'; });
}

bool IsValidUtf8Name(std::string_view name) { return !name.empty() && IsValidUtf8(name); }

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const DecodedRune rune = DecodeRune(text);
    if (rune.length == 0) return false;
    text.remove_prefix(rune.length);
  }
  return true;
}

std::string GoQuote(std::string_view text) {
  std::string out;
  AppendGoQuoted(out, text);
  return out;
}

void AppendGoQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const DecodedRune rune = DecodeRune(text);
    const size_t length = std::max<size_t>(rune.length, 1);
    const char c = text.front();
    if (rune.length == 0) {
      AppendHex(out, "\\x", static_cast<unsigned char>(c), 2);
    } else if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (IsPrintable(rune.code)) {
      out.append(text.substr(0, length));
    } else if (constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
               kNamed.find(c) != kNamed.npos) {
      out.append({'\\', "abfnrtv"[kNamed.find(c)]});
    } else if (rune.code < 0x20 || rune.code == 0x7F) {
      AppendHex(out, "\\x", rune.code, 2);
    } else if (rune.code < 0x10000) {
      AppendHex(out, "\\u", rune.code, 4);
    } else {
      AppendHex(out, "\\U", rune.code, 8);
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
}

}  // namespace tocsin

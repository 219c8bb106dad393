#include "model/relabel.h"

#include <locale.h>
#include <wctype.h>

#include <string_view>
#include <utility>

#include "base/digest.h"

namespace tocsin {

namespace {

std::string JoinValues(const RelabelRule& rule, const LabelsBuilder& labels) {
  std::string joined;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) joined += rule.separator;
    joined += labels.Get(rule.source_labels[i]);
  }
  return joined;
}

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.append({static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))});
  } else if (code < 0x10000) {
    out.append({static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                static_cast<char>(0x80 | (code & 0x3F))});
  } else {
    out.append({static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
                static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                static_cast<char>(0x80 | (code & 0x3F))});
  }
}

uint32_t ReadUtf8(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int tail_bytes = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  uint32_t code = tail_bytes == 0 ? first : first & (0x3Fu >> tail_bytes);
  for (int i = 0; i < tail_bytes && at < text.size(); ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3F);
  }
  return code;
}

// Simple case mapping of each code point, as Go's strings.ToLower and ToUpper.
std::string ChangeCase(std::string_view text, bool to_upper) {
  std::string out;
  if (IsAscii(text) || !IsValidUtf8(text)) {
    for (const char c : text) {
      const bool is_other_case = to_upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
      out.push_back(is_other_case ? static_cast<char>(c ^ 0x20) : c);
    }
    return out;
  }
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  for (size_t at = 0; at < text.size();) {
    const uint32_t code = ReadUtf8(text, at);
    AppendUtf8(out, utf8 == nullptr ? code
                    : to_upper
                        ? static_cast<uint32_t>(towupper_l(static_cast<wint_t>(code), utf8))
                        : static_cast<uint32_t>(towlower_l(static_cast<wint_t>(code), utf8)));
  }
  if (utf8 != nullptr) freelocale(utf8);
  return out;
}

void Replace(const RelabelRule& rule, std::string_view joined, LabelsBuilder& labels) {
  std::string target;
  if (!rule.regex.Expand(joined, rule.target_label, target)) return;
  if (!IsValidUtf8Name(target)) return;
  std::string value;
  rule.regex.Expand(joined, rule.replacement, value);
  labels.Set(target, value);
}

// Big-endian last 8 bytes of the MD5, modulo.
uint64_t HashMod(std::string_view joined, uint64_t modulus) {
  const auto digest = Md5(joined);
  uint64_t hash = 0;
  for (size_t i = 8; i < 16; ++i) hash = hash << 8 | digest[i];
  return hash % modulus;
}

void LabelMap(const RelabelRule& rule, LabelsBuilder& labels) {
  std::vector<std::pair<std::string, std::string>> mapped;
  labels.ForEach([&](const std::string& name, const std::string& value) {
    std::string new_name;
    if (rule.regex.Expand(name, rule.replacement, new_name)) mapped.emplace_back(new_name, value);
  });
  for (const auto& [name, value] : mapped) labels.Set(name, value);
}

void DropNames(const RelabelRule& rule, bool drop_matching, LabelsBuilder& labels) {
  std::vector<std::string> dropped;
  labels.ForEach([&](const std::string& name, const std::string&) {
    if (rule.regex.Matches(name) == drop_matching) dropped.push_back(name);
  });
  for (const std::string& name : dropped) labels.Delete(name);
}

// False: dropped.
bool ApplyRule(const RelabelRule& rule, LabelsBuilder& labels) {
  using Action = RelabelRule::Action;
  const std::string joined = JoinValues(rule, labels);
  switch (rule.action) {
    case Action::kKeep:
      return rule.regex.Matches(joined);
    case Action::kDrop:
      return !rule.regex.Matches(joined);
    case Action::kKeepEqual:
      return labels.Get(rule.target_label) == joined;
    case Action::kDropEqual:
      return labels.Get(rule.target_label) != joined;
    case Action::kReplace:
      Replace(rule, joined, labels);
      break;
    case Action::kHashMod:
      labels.Set(rule.target_label, std::to_string(HashMod(joined, rule.modulus)));
      break;
    case Action::kLowercase:
      labels.Set(rule.target_label, ChangeCase(joined, false));
      break;
    case Action::kUppercase:
      labels.Set(rule.target_label, ChangeCase(joined, true));
      break;
    case Action::kLabelMap:
      LabelMap(rule, labels);
      break;
    case Action::kLabelDrop:
      DropNames(rule, true, labels);
      break;
    case Action::kLabelKeep:
      DropNames(rule, false, labels);
      break;
  }
  return true;
}

}  // namespace

bool Relabel(std::span<const RelabelRule> rules, LabelsBuilder& labels) {
  for (const RelabelRule& rule : rules) {
    if (!ApplyRule(rule, labels)) return false;
  }
  return true;
}

}  // namespace tocsin

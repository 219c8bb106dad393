#include "discovery/xml.h"

#include <charconv>

namespace tocsin::discovery {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::string_view kSpaces = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr uint32_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | code >> (6 * more));
  for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
    out += static_cast<char>(0x80 | (code >> shift & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view document) : document_(document) {}

  Result<XmlElement> Parse() {
    TOCSIN_RETURN_IF_ERROR(SkipMisc());
    if (!Rest().starts_with('<')) return Fail("no root element");
    XmlElement root;
    TOCSIN_RETURN_IF_ERROR(ParseElement(root, 1));
    TOCSIN_RETURN_IF_ERROR(SkipMisc());
    if (at_ != document_.size()) return Fail("something after the root element");
    return root;
  }

 private:
  std::string_view Rest() const { return document_.substr(at_); }
  Error Fail(std::string_view what) const {
    return Errorf(ErrorCode::kInvalidArgument, "invalid XML: {} at byte {}", what, at_);
  }
  bool Skip(std::string_view text) {
    if (!Rest().starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  void SkipSpaces() { at_ = std::min(document_.find_first_not_of(kSpaces, at_), document_.size()); }
  // What is before `end`, which is skipped too.
  Result<std::string_view> TakeUntil(std::string_view end) {
    const size_t found = document_.find(end, at_);
    if (found == std::string_view::npos) return Fail(fmt::format("no {} follows", end));
    const std::string_view taken = document_.substr(at_, found - at_);
    at_ = found + end.size();
    return taken;
  }

  // What may stand around the root element.
  Status SkipMisc() {
    Skip("\xEF\xBB\xBF");
    for (;;) {
      SkipSpaces();
      if (Skip("<?")) {
        TOCSIN_RETURN_IF_ERROR(TakeUntil("?>"));
      } else if (Skip("<!--")) {
        TOCSIN_RETURN_IF_ERROR(TakeUntil("-->"));
      } else {
        break;
      }
    }
    if (Rest().starts_with("<!")) return Fail("a document type is not allowed");
    return {};
  }

  Result<std::string> TakeName() {
    const size_t end = std::min(document_.find_first_of(" \t\r\n/>=<&\"'", at_), document_.size());
    if (end == at_) return Fail("a name is missing");
    std::string_view name = document_.substr(at_, end - at_);
    at_ = end;
    if (const size_t colon = name.rfind(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    return std::string(name);
  }

  Status ParseElement(XmlElement& element, int depth) {
    if (depth > kMaxDepth) return Fail("elements are nested too deeply");
    Skip("<");
    TOCSIN_ASSIGN_OR_RETURN(element.name, TakeName());
    for (;;) {
      SkipSpaces();
      if (Skip("/>")) return {};
      if (Skip(">")) return ParseContent(element, depth);
      TOCSIN_RETURN_IF_ERROR(ParseAttribute(element));
    }
  }

  Status ParseAttribute(XmlElement& element) {
    TOCSIN_ASSIGN_OR_RETURN(std::string name, TakeName());
    SkipSpaces();
    if (!Skip("=")) return Fail("an attribute has no value");
    SkipSpaces();
    const std::string_view quote = Rest().substr(0, 1);
    if (quote != "\"" && quote != "'") return Fail("an attribute's value is not in quotes");
    ++at_;
    TOCSIN_ASSIGN_OR_RETURN(const std::string_view raw, TakeUntil(quote));
    std::string value;
    TOCSIN_RETURN_IF_ERROR(AppendText(value, raw));
    element.attributes.emplace_back(std::move(name), std::move(value));
    return {};
  }

  Status ParseContent(XmlElement& element, int depth) {
    const size_t begin = at_;
    for (;;) {
      const size_t mark = document_.find('<', at_);
      if (mark == std::string_view::npos) return Fail("an element has no end");
      TOCSIN_RETURN_IF_ERROR(AppendText(element.text, document_.substr(at_, mark - at_)));
      at_ = mark;
      if (Skip("</")) {
        element.inner_xml = document_.substr(begin, mark - begin);
        return ParseEnd(element.name);
      }
      if (Skip("<!--")) {
        TOCSIN_RETURN_IF_ERROR(TakeUntil("-->"));
      } else if (Skip("<![CDATA[")) {
        TOCSIN_ASSIGN_OR_RETURN(const std::string_view text, TakeUntil("]]>"));
        element.text += text;
      } else if (Skip("<?")) {
        TOCSIN_RETURN_IF_ERROR(TakeUntil("?>"));
      } else {
        TOCSIN_RETURN_IF_ERROR(ParseElement(element.children.emplace_back(), depth + 1));
      }
    }
  }

  Status ParseEnd(std::string_view expected) {
    TOCSIN_ASSIGN_OR_RETURN(const std::string name, TakeName());
    if (name != expected) {
      return Fail(fmt::format("element {} is closed as {}", expected, name));
    }
    SkipSpaces();
    return Skip(">") ? Status() : Fail("an end tag has no end");
  }

  Status AppendText(std::string& out, std::string_view raw) const {
    while (!raw.empty()) {
      const size_t mark = std::min(raw.find('&'), raw.size());
      out += raw.substr(0, mark);
      raw.remove_prefix(mark);
      if (raw.empty()) break;
      const size_t end = raw.find(';');
      if (end == std::string_view::npos || !AppendEntity(out, raw.substr(1, end - 1))) {
        return Fail("an unknown entity");
      }
      raw.remove_prefix(end + 1);
    }
    return {};
  }

  static bool AppendEntity(std::string& out, std::string_view name) {
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [entity, character] : kEntities) {
      if (name != entity) continue;
      out += character;
      return true;
    }
    if (!name.starts_with('#')) return false;
    const bool is_hex = name.starts_with("#x");
    name.remove_prefix(is_hex ? 2 : 1);
    uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
    const bool is_surrogate = code >= 0xD800 && code < 0xE000;
    if (error != std::errc() || end != name.data() + name.size() || code == 0 || code > 0x10FFFF ||
        is_surrogate) {
      return false;
    }
    AppendUtf8(out, code);
    return true;
  }

  const std::string_view document_;
  size_t at_ = 0;
};

}  // namespace

const XmlElement* XmlElement::Find(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string XmlElement::FindText(std::string_view child) const {
  const XmlElement* element = Find(child);
  return element == nullptr ? "" : std::string(Trim(element->text));
}

std::string_view XmlElement::Attribute(std::string_view attribute) const {
  for (const auto& [attribute_name, value] : attributes) {
    if (attribute_name == attribute) return value;
  }
  return {};
}

Result<XmlElement> ParseXml(std::string_view document) { return Parser(document).Parse(); }

}  // namespace tocsin::discovery

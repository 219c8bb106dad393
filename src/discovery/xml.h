#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tocsin::discovery {

/// An element of an XML document. Value type.
struct XmlElement {
  std::string name;  ///< Without namespace prefix.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;            ///< All text directly in it, entities resolved.
  std::string_view inner_xml;  ///< Everything in it as written; lives as long as the document.
  std::vector<XmlElement> children;

  /// The first child of this name, or nullptr.
  const XmlElement* Find(std::string_view child) const;
  /// Its text without the white space around, or "".
  std::string FindText(std::string_view child) const;
  /// The value of an attribute, or "".
  std::string_view Attribute(std::string_view attribute) const;
};

/// Parses a document as servers of APIs send it and returns its root: elements, attributes, text,
/// CDATA, comments, the predefined entities and characters by number. Document types are refused,
/// and nesting beyond 64 levels. kInvalidArgument says what is wrong at which byte.
Result<XmlElement> ParseXml(std::string_view document);

}  // namespace tocsin::discovery

// Any bytes as an XML document: an error, or elements that all lie inside of it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/xml.h"

namespace {

void Check(const tocsin::discovery::XmlElement& element, std::string_view document) {
  if (!element.inner_xml.empty() &&
      (element.inner_xml.data() < document.data() ||
       element.inner_xml.data() + element.inner_xml.size() > document.data() + document.size())) {
    std::abort();
  }
  if (element.name.empty()) std::abort();
  for (const auto& child : element.children) Check(child, document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  if (const auto root = tocsin::discovery::ParseXml(document)) Check(*root, document);
  return 0;
}

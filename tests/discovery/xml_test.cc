#include "discovery/xml.h"

#include <gtest/gtest.h>

namespace tocsin::discovery {
namespace {

// Elements as name[attribute=value]{text}(children).
std::string Describe(const XmlElement& element) {
  std::string text = element.name;
  for (const auto& [name, value] : element.attributes) text += "[" + name + "=" + value + "]";
  if (!element.text.empty()) text += "{" + element.text + "}";
  for (const XmlElement& child : element.children) text += "(" + Describe(child) + ")";
  return text;
}

TEST(XmlTest, ParsesWhatServersSend) {
  const std::pair<const char*, const char*> cases[] = {
      {"<a/>", "a"},
      {"<?xml version=\"1.0\"?>\n<!-- hi -->\n<a>\n</a>\n", "a{\n}"},
      {"<a b='1' c = \"&lt;2&#x41;&#66;\"><d>x</d>y<d/></a>", "a[b=1][c=<2AB]{y}(d{x})(d)"},
      {"<n:a n:b='1'>&amp;&quot;&apos;&gt;</n:a>", "a[b=1]{&\"'>}"},
      {"<a><![CDATA[<b>&amp;]]><!-- c --><?p q?></a>", "a{<b>&amp;}"},
      {"<a>&#8364;&#x1F514;</a>", "a{\xE2\x82\xAC\xF0\x9F\x94\x94}"},
  };
  for (const auto& [document, expected] : cases) {
    const auto root = ParseXml(document);
    ASSERT_TRUE(root) << document << ": " << root.error().message();
    EXPECT_EQ(Describe(*root), expected) << document;
  }
}

TEST(XmlTest, RefusesTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "invalid XML: no root element at byte 0"},
      {"x", "invalid XML: no root element at byte 0"},
      {"<a>", "invalid XML: an element has no end at byte 3"},
      {"<a><b></a></b>", "invalid XML: element b is closed as a at byte 9"},
      {"<a/><b/>", "invalid XML: something after the root element at byte 4"},
      {"<a b></a>", "invalid XML: an attribute has no value at byte 4"},
      {"<a b=c></a>", "invalid XML: an attribute's value is not in quotes at byte 5"},
      {"<a>&nbsp;</a>", "invalid XML: an unknown entity at byte 3"},
      {"<a>&#0;</a>", "invalid XML: an unknown entity at byte 3"},
      {"<a>&#xD800;</a>", "invalid XML: an unknown entity at byte 3"},
      {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
       "invalid XML: a document type is not allowed at byte 0"},
      {"<a></a", "invalid XML: an end tag has no end at byte 6"},
      {"<!-- a", "invalid XML: no --> follows at byte 4"},
  };
  for (const auto& [document, message] : cases) {
    const auto root = ParseXml(document);
    ASSERT_FALSE(root) << document;
    EXPECT_EQ(root.error().message(), message) << document;
  }
}

TEST(XmlTest, RefusesDeepNesting) {
  std::string document;
  for (int i = 0; i < 65; ++i) document += "<a>";
  EXPECT_FALSE(ParseXml(document));
}

TEST(XmlTest, EveryTruncationIsAnError) {
  const std::string document =
      "<?xml version='1.0'?><!-- c --><a b='&amp;'>x<c/><![CDATA[y]]><d>&#65;</d></a>";
  ASSERT_TRUE(ParseXml(document));
  for (size_t size = 0; size < document.size(); ++size) {
    EXPECT_FALSE(ParseXml(document.substr(0, size))) << size;
  }
}

TEST(XmlTest, FindsChildrenTextAndWhatIsWritten) {
  const std::string document = "<a><b x='1'> hi &amp; <i>you</i></b></a>";
  const auto root = ParseXml(document);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->FindText("b"), "hi &");
  EXPECT_EQ(root->FindText("c"), "");
  EXPECT_EQ(root->Find("b")->inner_xml, " hi &amp; <i>you</i>");
  EXPECT_EQ(root->Find("b")->Attribute("x"), "1");
  EXPECT_EQ(root->Find("b")->Attribute("y"), "");
}

}  // namespace
}  // namespace tocsin::discovery

// Goal: exactly the well-formed documents pass, apart from those that declare a document type, are
// nested too deep or are not in UTF-8.
// Method: a table of documents and faults after the productions of XML 1.0; depth on both sides of
// the limit; texts that would make a careless reader slow or recursive.
#include "connectors/formats/xml_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

std::string Repeat(absl::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) {
    absl::StrAppend(&out, text);
  }
  return out;
}

std::string Outcome(absl::string_view text) {
  // A block of its own, so that the address sanitizer sees a step outside.
  const std::string own(text);
  const std::optional<DeadReason> bad = CheckXml(own);
  return bad ? std::string(DeadReasonName(*bad).data(), DeadReasonName(*bad).size()) : "good";
}

TEST(XmlCheckTest, WellFormedDocuments) {
  const std::string cases[] = {
      "<a/>",
      "<a></a>",
      "<a ></a >",
      " \t\r\n<a/>\n",
      "<?xml version=\"1.0\"?><a/>",
      "<?xml version='1.1' encoding='utf-8'?>\n<a/>",
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\" ?><a/>",
      "<?xml version=\"1.0\" standalone='yes'?><a/>",
      "<?xml-stylesheet href='x'?><a/>",
      "<a><?b?><?c d > e?></a>",
      "<!-- x - y > --><a><!----></a><!-- z -->",
      "<a><![CDATA[<b>&c;]] ]>]]></a>",
      "<a>]]</a>",
      "<a>></a>",
      "<a b='1' c=\"2\" d = '>' e='\"' f=\"'\"/>",
      "<a b='&lt;&#10;&#x1F600;'>&amp;&gt;&quot;&apos;&#9;&#xD7FF;&#xE000;</a>",
      "<a>&#000000000000000000000000000065;</a>",
      "<p:a xmlns:p='u'/>",
      "<_.-1:\xC3\xA9/>",
      "<a>\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80</a>",
      "<a\n\tb='1'\r\n/>",
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(Outcome(text), "good") << text;
  }
}

TEST(XmlCheckTest, Faults) {
  struct Case {
    std::string text;
    const char* reason;
  };

  const Case cases[] = {
      {"", "bad_xml"},
      {" ", "bad_xml"},
      {"<", "bad_xml"},
      {"<a", "bad_xml"},
      {"<a>", "bad_xml"},
      {"</a>", "bad_xml"},
      {"<a/></a>", "bad_xml"},
      {"<a></b>", "bad_xml"},
      {"<a></A>", "bad_xml"},
      {"<a><b></a></b>", "bad_xml"},
      {"<p:a></a>", "bad_xml"},
      {"<a/><a/>", "bad_xml"},
      {"<a/>x", "bad_xml"},
      {"x<a/>", "bad_xml"},
      {"<a/>&amp;", "bad_xml"},
      {"<a/>&#32;", "bad_xml"},
      {"<a/><![CDATA[]]>", "bad_xml"},
      {"< a/>", "bad_xml"},
      {"<1a/>", "bad_xml"},
      {"<-a/>", "bad_xml"},
      {"<a/ >", "bad_xml"},
      {"<a / >", "bad_xml"},
      {"<a b/>", "bad_xml"},
      {"<a b=/>", "bad_xml"},
      {"<a b=1/>", "bad_xml"},
      {"<a b='1/>", "bad_xml"},
      {"<a b='1\"/>", "bad_xml"},
      {"<a b='<'/>", "bad_xml"},
      {"<a b='&'/>", "bad_xml"},
      {"<a b='1'c='2'/>", "bad_xml"},
      {"<a b='1' b='2'/>", "bad_xml"},
      {"<a b='1' c='3' b='1'/>", "bad_xml"},
      {"<a>&</a>", "bad_xml"},
      {"<a>&b</a>", "bad_xml"},
      {"<a>&b;</a>", "bad_xml"},
      {"<a>&AMP;</a>", "bad_xml"},
      {"<a>&#;</a>", "bad_xml"},
      {"<a>&#x;</a>", "bad_xml"},
      {"<a>&#xG;</a>", "bad_xml"},
      {"<a>&#A;</a>", "bad_xml"},
      {"<a>&#-1;</a>", "bad_xml"},
      {"<a>&#0;</a>", "bad_xml"},
      {"<a>&#x1F;</a>", "bad_xml"},
      {"<a>&#xD800;</a>", "bad_xml"},
      {"<a>&#xFFFF;</a>", "bad_xml"},
      {"<a>&#x110000;</a>", "bad_xml"},
      {"<a>&#x100000041;</a>", "bad_xml"},
      {"<a>&#99999999999999999999999;</a>", "bad_xml"},
      {"<a>]]></a>", "bad_xml"},
      {"<a><!-- -- --></a>", "bad_xml"},
      {"<a><!-- ---></a>", "bad_xml"},
      {"<a><!-- </a>", "bad_xml"},
      {"<a><![CDATA[</a>", "bad_xml"},
      {"<a><![cdata[]]></a>", "bad_xml"},
      {"<a><!b></a>", "bad_xml"},
      {"<a><?></a>", "bad_xml"},
      {"<a><?\?></a>", "bad_xml"},
      {"<a><?b></a>", "bad_xml"},
      {"<a><?b'?></a>", "bad_xml"},
      {"<a><?xml version='1.0'?></a>", "bad_xml"},
      {"<a><?XML b?></a>", "bad_xml"},
      {" <?xml version='1.0'?><a/>", "bad_xml"},
      {"<?xml?><a/>", "bad_xml"},
      {"<?xml ?><a/>", "bad_xml"},
      {"<?xml encoding='UTF-8'?><a/>", "bad_xml"},
      {"<?xml version='2.0'?><a/>", "bad_xml"},
      {"<?xml version='1.0' version='1.0'?><a/>", "bad_xml"},
      {"<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", "bad_xml"},
      {"<?xml version='1.0' more='no'?><a/>", "bad_xml"},
      {"<?xml version='1.0'encoding='UTF-8'?><a/>", "bad_xml"},
      {"<?xml version='1.0'><a/>", "bad_xml"},
      {"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "bad_utf8"},
      {"<?xml version='1.0' encoding='UTF-16'?><a/>", "bad_utf8"},
      {"<!DOCTYPE a><a/>", "doctype"},
      {"<?xml version='1.0'?><!-- x --><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "doctype"},
      {"<!DOCTYPE", "doctype"},
      {"<!doctype a><a/>", "bad_xml"},
      {"<a><!DOCTYPE a></a>", "doctype"},
      {"<a>\xFF</a>", "bad_utf8"},
      {"<a>\xC0\x80</a>", "bad_utf8"},
      {"<a>\xED\xA0\x80</a>", "bad_utf8"},
      {"<a>\xF4\x90\x80\x80</a>", "bad_utf8"},
      {"<a>\xE2\x82</a>", "bad_utf8"},
      {"<a>\xEF\xBF\xBF</a>", "bad_xml"},
      {"<a>\xEF\xBF\xBE</a>", "bad_xml"},
      {"<a>\x1B</a>", "bad_xml"},
      {std::string("<a>\0</a>", 8), "bad_xml"},
      {std::string("<a/>\0", 5), "bad_xml"},
      {std::string("<\0a\0/\0>\0", 8), "bad_xml"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(test.text), test.reason) << test.text;
  }
}

TEST(XmlCheckTest, Depth) {
  const auto nested = [](size_t depth) {
    return absl::StrCat(Repeat("<a>", depth), Repeat("</a>", depth));
  };
  EXPECT_EQ(Outcome(nested(kMaxXmlDepth)), "good");
  EXPECT_EQ(Outcome(nested(kMaxXmlDepth + 1)), "too_deep");
  EXPECT_EQ(Outcome(Repeat("<a>", 1'000'000)), "too_deep");
  // An empty element is a level too; elements beside one another are none.
  EXPECT_EQ(
      Outcome(absl::StrCat(Repeat("<a>", kMaxXmlDepth), "<b/>", Repeat("</a>", kMaxXmlDepth))),
      "too_deep");
  EXPECT_EQ(Outcome(absl::StrCat("<a>", Repeat("<b></b>", 100'000), "</a>")), "good");
}

// None of these takes longer than reading the text.
TEST(XmlCheckTest, LargeDocuments) {
  constexpr size_t kMany = 100'000;
  std::string attributes;
  for (size_t i = 0; i < kMany; ++i) {
    absl::StrAppend(&attributes, " a", i, "='&#65;'");
  }
  EXPECT_EQ(Outcome(absl::StrCat("<a", attributes, "/>")), "good");
  EXPECT_EQ(Outcome(absl::StrCat("<a", attributes, " a7=''/>")), "bad_xml");
  EXPECT_EQ(Outcome(absl::StrCat("<a b='", Repeat("x", 10 * kMany), "'/>")), "good");
  EXPECT_EQ(Outcome(absl::StrCat("<a>", Repeat("&", kMany), ";</a>")), "bad_xml");
  EXPECT_EQ(Outcome(absl::StrCat("<a>", Repeat("&amp", kMany), ";</a>")), "bad_xml");
  EXPECT_EQ(Outcome(Repeat("<!--", kMany)), "bad_xml");
  EXPECT_EQ(Outcome(absl::StrCat("<a>", Repeat("<![CDATA[", kMany))), "bad_xml");
  EXPECT_EQ(Outcome(absl::StrCat(Repeat("<?b ?>", kMany), "<a/>")), "good");
}

}  // namespace
}  // namespace weir

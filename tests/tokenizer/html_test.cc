#include "qprompt/tokenizer/html.h"

#include <gtest/gtest.h>

namespace qprompt {
namespace {

TEST(UnescapeHtml, KnowsNames) {
  EXPECT_EQ(unescape_html("&amp; &lt;b&gt; &quot;x&quot; &apos; &hellip;"), "& <b> \"x\" ' …");
  EXPECT_EQ(unescape_html("caf&eacute; &AMP; &CounterClockwiseContourIntegral;"), "café & ∳");
  EXPECT_EQ(unescape_html("a&nbsp;b&Tab;c&NewLine;d"), "a\u00a0b\tc\nd");
}

TEST(UnescapeHtml, KnowsTheOldNamesWithoutSemicolon) {
  EXPECT_EQ(unescape_html("&ampx &copy2024 &eacutee &notit; &notin;"), "&x ©2024 ée ¬it; ∉");
}

TEST(UnescapeHtml, NeedsTheSemicolonForTheOthers) {
  EXPECT_EQ(unescape_html("&hellip &alphabet"), "&hellip &alphabet");
}

TEST(UnescapeHtml, KnowsNumbers) {
  EXPECT_EQ(unescape_html("&#233;&#xe9;&#XE9;&#233 &#x1F600;"), "ééé\u00e9 \U0001f600");
}

TEST(UnescapeHtml, TreatsImpossibleNumbersAsPythonDoes) {
  EXPECT_EQ(unescape_html("&#0;&#xd800;&#x110000;&#99999999999999999999;"),
            "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(unescape_html("[&#1;&#11;&#127;&#xfdd0;&#xffff;]"), "[]");
  EXPECT_EQ(unescape_html("&#128;&#x99;&#129;"), "€™\u0081");
  EXPECT_EQ(unescape_html("&#9;&#10;&#13;"), "\t\n\r");
}

TEST(UnescapeHtml, LeavesEverythingElse) {
  for (const char* text : {"", "plain", "&", "a & b", "&&&", "&;", "&#;", "&#x;", "&#xg;",
                           "&unknown;", "<b>&", "AT&T R&D", "&é;"}) {
    EXPECT_EQ(unescape_html(text), text);
  }
}

TEST(UnescapeHtml, GoesOnceOverTheText) {
  EXPECT_EQ(unescape_html("&amp;amp;"), "&amp;");
  EXPECT_EQ(unescape_html("&#38;lt;"), "&lt;");
}

}  // namespace
}  // namespace qprompt

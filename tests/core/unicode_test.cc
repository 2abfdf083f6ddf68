#include "qprompt/core/unicode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using namespace std::string_view_literals;

// Computed by ftfy 6.3.1's fix_text.
TEST(RepairedText, IsWhatFtfyMakesOfIt) {
  EXPECT_EQ(repaired_text("Cafe\u0301"), "Caf\u00e9");
  EXPECT_EQ(repaired_text("\u201cMen\u2019s\u201d shoes"), "\"Men's\" shoes");
  EXPECT_EQ(repaired_text("e\ufb03cient \ufb02ower"), "efficient flower");
  EXPECT_EQ(repaired_text("\uff26\uff35\uff2c\uff2c width\u3000x"), "FULL width x");
  EXPECT_EQ(repaired_text("a\u2028b\r\nc"), "a\nb\nc");
  EXPECT_EQ(repaired_text("x\u0007y\ufeffz"), "xyz");
  EXPECT_EQ(repaired_text("\u0149 \u01c4 \u0132"), "'n D\u017d IJ");
  EXPECT_EQ(repaired_text("\uff76\uff9e"), "\u30ac");
  EXPECT_EQ(repaired_text("it\u02bcs \u201a low"), "it's ' low");
  EXPECT_EQ(repaired_text("a\xc2\x85z"), "a\u2026z");
  EXPECT_EQ(repaired_text("it\xc2\x92s \xc2\x93so\xc2\x94 \xc2\x82"), "it's \"so\" '");
}

TEST(RepairedText, LeavesOtherCharactersAsTheyAre) {
  for (const std::string text : {"\u00bd \u2122", "d\u2013e\u2026", "\u732b", "plain text", ""}) {
    EXPECT_EQ(repaired_text(text), text);
  }
}

TEST(DecodedText, IsUtf8WithOrWithoutItsMark) {
  EXPECT_EQ(decoded_text("B\u00e4r", "a.txt"), "B\u00e4r");
  EXPECT_EQ(decoded_text("\xEF\xBB\xBF"
                         "B\u00e4r",
                         "a.txt"),
            "B\u00e4r");
}

TEST(DecodedText, IsUtf16OfEitherByteOrderBehindItsMark) {
  EXPECT_EQ(decoded_text("\xFF\xFE"
                         "B\0\xE4\0\x3D\xD8\x31\xDC"sv,
                         "a.txt"),
            "B\u00e4\U0001f431");
  EXPECT_EQ(decoded_text("\xFE\xFF"
                         "\0B\0\xE4"sv,
                         "a.txt"),
            "B\u00e4");
}

TEST(DecodedText, OfAnotherKindNamesFileAndLine) {
  EXPECT_THAT(error_of([] { decoded_text("a\nM\xFCller\n", "l1.txt"); }),
              HasSubstr("l1.txt:2: not UTF-8"));
  EXPECT_THAT(error_of([] {
                decoded_text(
                    "\xFF\xFE"
                    "a",
                    "x.txt");
              }),
              HasSubstr("x.txt: UTF-16"));
}

TEST(TrimmedText, LosesWhiteSpaceOfAnyKindAroundIt) {
  EXPECT_EQ(trimmed_text(" \t\u00a0red fox\u3000\r"), "red fox");
  EXPECT_EQ(trimmed_text(" "), "");
}

TEST(FoldedText, IsLowerCaseWithSingleSpaces) {
  EXPECT_EQ(folded_text("Red \t Fox \u00c4"), "red fox \u00e4");
}

}  // namespace
}  // namespace qprompt

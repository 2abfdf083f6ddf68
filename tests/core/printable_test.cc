#include "qprompt/core/printable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using testing::error_of;
using ::testing::SizeIs;
using ::testing::StartsWith;
using namespace std::string_literals;

TEST(Escaped, LeavesTextInAnyScriptAsItIs) {
  const std::string text = "Café, 猫\t(🐈) ~";
  EXPECT_EQ(escaped(text), text);
}

TEST(Escaped, ShowsControlBytesAsNumbers) {
  EXPECT_EQ(escaped("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
  EXPECT_EQ(escaped("a\0b"s), "a\\x00b");
  EXPECT_EQ(escaped("\xc2\x9b"), "\\xc2\\x9b");  // C1: terminals take it for ESC [
  EXPECT_EQ(escaped("\xc2\xa0"), "\xc2\xa0");    // a space that does not break
}

TEST(Escaped, ShowsBytesThatAreNoUtf8AsNumbers) {
  EXPECT_EQ(escaped("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  EXPECT_EQ(escaped("\xe7\x8c"), "\\xe7\\x8c");                    // cut
}

TEST(Escaped, KeepsLineEndsWhereTheyAreTheTexts) {
  EXPECT_EQ(escaped("a\nb\r\n"), "a\\x0ab\\x0d\\x0a");
  EXPECT_EQ(escaped("a\nb\r\n", LineEnds::kKept), "a\nb\\x0d\n");
}

TEST(Printable, LeavesOutTheMiddleOfWhatIsLong) {
  EXPECT_EQ(printable("0123456789", 10), "0123456789");
  EXPECT_EQ(printable("0123456789a", 10), "01234...6789a");
}

TEST(Printable, CutsNoCharacterInTwo) { EXPECT_EQ(printable("ééééé", 6), "é...é"); }

TEST(ErrorMessage, IsOneShortLineWhateverTheNamesInItAre) {
  const std::string name = "a\0\n\x1b"s + std::string(10'000'000, 'x');
  const std::string message = error_of([&] { fail("names.txt: '", name, "' comes twice"); });
  EXPECT_THAT(message,
              AllOf(StartsWith("names.txt: 'a\\x00\\x0a\\x1bxx"), EndsWith("xx' comes twice")));
  EXPECT_LT(message.size(), 1100u);
}

}  // namespace
}  // namespace qprompt

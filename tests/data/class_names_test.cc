#include "qprompt/data/class_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

TEST(ClassName, IsTrimmedComposedAndStraightened) {
  EXPECT_EQ(readable_name(" red_fox\t", ""), "red fox");
  EXPECT_EQ(readable_name("Cafe\u0301", ""), "Caf\u00e9");
  EXPECT_EQ(readable_name("men\u2019s", ""), "men's");
  EXPECT_EQ(readable_name("\uff26\uff4f\uff58", ""), "Fox");
}

TEST(ClassName, ReadsAlikeOnceItIsWritten) {
  const std::string name = readable_name("red\uff3ffox_", "");
  EXPECT_EQ(name, "red fox");
  EXPECT_EQ(readable_name(name, ""), name);
}

TEST(ClassName, ThatIsNoneIsRefused) {
  EXPECT_THAT(error_of([] { readable_name("M\xFCller", "list: "); }),
              HasSubstr("list: a class name that is not UTF-8"));
  EXPECT_THAT(error_of([] { readable_name("_ ", "list: "); }), HasSubstr("blank"));
  EXPECT_THAT(error_of([] { readable_name("cat\ndog", "list: "); }), HasSubstr("line break"));
  EXPECT_THAT(error_of([] { readable_name(std::string(1001, 'x'), "list: "); }),
              HasSubstr("1001 bytes"));
}

TEST(ClassNames, AreReadOneALine) {
  const TemporaryFolder folder;
  EXPECT_THAT(read_class_names(folder.file("n", " forest \r\nriver\t\n\nred_fox")),
              ElementsAre("forest", "river", "red fox"));
}

TEST(ClassNames, ThatAreNotUtf8NameTheLine) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_class_names(folder.file("l1.txt", "river\nM\xFCller\n")); }),
              HasSubstr("l1.txt:2: not UTF-8"));
  EXPECT_THAT(error_of([&] { read_class_names(folder.file("one", "river\n")); }),
              HasSubstr("1 class names, expected at least two"));
}

TEST(Doubts, TellNamesThatNoPromptTellsApart) {
  EXPECT_THAT(
      doubts_about_names(std::vector<std::string>{"Forest", "forest", "red fox", "red fox"}),
      ElementsAre(AllOf(HasSubstr("'Forest', 'forest' make the same prompt"),
                        HasSubstr("'red fox' stands for 2 classes"))));
}

TEST(Doubts, TellNamesThatMeanNothing) {
  EXPECT_THAT(doubts_about_names(std::vector<std::string>{"n02108915", "cat"}),
              ElementsAre(HasSubstr("1 of 2 class names begin with WordNet ids")));
  EXPECT_THAT(doubts_about_names(std::vector<std::string>{"1", "22"}),
              ElementsAre(HasSubstr("2 of 2 class names are numbers")));
  EXPECT_THAT(doubts_about_names(std::vector<std::string>{"# a comment", "cat"}),
              ElementsAre(HasSubstr("'# a comment' is taken for a class name")));
}

TEST(Doubts, AreNoneAboutUsualNames) {
  EXPECT_THAT(doubts_about_names(std::vector<std::string>{"cat", "red fox", "n\u00famero 1"}),
              IsEmpty());
}

}  // namespace
}  // namespace qprompt

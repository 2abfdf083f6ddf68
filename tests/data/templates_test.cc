#include "qprompt/data/templates.h"

#include <set>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Templates, AreTheListsOfClipsAuthors) {
  EXPECT_THAT(templates_of("imagenet-7"),
              ElementsAre("itap of a {}.", "a bad photo of the {}.", "a origami {}.",
                          "a photo of the large {}.", "a {} in a video game.", "art of the {}.",
                          "a photo of the small {}."));
  const std::vector<std::string> all = templates_of("imagenet-80");
  EXPECT_EQ(all.size(), 80u);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 80u);
  EXPECT_EQ(all.front(), "a bad photo of a {}.");
  EXPECT_EQ(all.back(), "a tattoo of the {}.");
  for (const std::string& each : all) EXPECT_THAT(each, HasSubstr("{}"));
  for (const std::string& each : templates_of("imagenet-7")) {
    EXPECT_EQ(std::count(all.begin(), all.end(), each), 1) << each;
  }
}

TEST(Templates, AreOneWhereASentenceIsGiven) {
  EXPECT_THAT(templates_of("a {} here"), ElementsAre("a {} here"));
}

TEST(Templates, AreTheLinesOfAFile) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(templates_of(folder.file("t.txt", "a {}.\r\n\nthe {}.").string()),
              ElementsAre("a {}.", "the {}."));
}

TEST(Templates, AreThoseOfAllThatAreGivenTogether) {
  EXPECT_THAT(templates_of(std::vector<std::string>{"a {}", "the {}"}),
              ElementsAre("a {}", "the {}"));
  EXPECT_EQ(templates_of(std::vector<std::string>{"imagenet-7", "a {}"}).size(), 8u);
  EXPECT_TRUE(templates_of(std::vector<std::string>{}).empty());
}

TEST(Templates, OfADataSetAreThePublishedSentence) {
  EXPECT_THAT(templates_for({"dataset"}, "EuroSAT"),
              ElementsAre("a centered satellite photo of {}."));
  EXPECT_THAT(templates_for({"a {}", "dataset"}, "DescribableTextures"),
              ElementsAre("a {}", "{} texture."));
  EXPECT_THAT(templates_for({"a {}"}, "photos"), ElementsAre("a {}"));
  EXPECT_THAT(testing::error_of([] { templates_for({"dataset"}, "photos"); }),
              AllOf(HasSubstr("'photos'"), HasSubstr("OxfordPets")));
}

TEST(Templates, AreRefusedWithTheirName) {
  const testing::TemporaryFolder folder;
  const auto refusal = [](const std::string& given) {
    return testing::error_of([&] { templates_of(given); });
  };
  EXPECT_THAT(refusal("imagenet-8"), AllOf(HasSubstr("'imagenet-8'"), HasSubstr("imagenet-80")));
  EXPECT_THAT(refusal((folder / "none.txt").string()), HasSubstr("none.txt"));
  EXPECT_THAT(refusal(folder.path().string()), HasSubstr("file"));
  EXPECT_THAT(refusal(folder.file("plain.txt", "a {}\na cat\n").string()),
              AllOf(HasSubstr("plain.txt"), HasSubstr("'a cat'")));
  EXPECT_THAT(refusal(folder.file("empty.txt", "\n").string()), HasSubstr("empty.txt"));
}

}  // namespace
}  // namespace qprompt

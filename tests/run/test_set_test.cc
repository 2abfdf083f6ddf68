#include "qprompt/run/test_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/run/run_folder.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Names = std::vector<std::string>;

// A run that learned cat, dog and fox from `photos` with seed 7.
class TestSets : public ::testing::Test {
 protected:
  TestSets() {
    for (const char* name : {"cat", "dog", "fox"}) add("photos", name, 10);
    save_run(folder / "run", {.backbone = 1, .identity = 2}, Names{"cat", "dog", "fox"},
             record_of(photos.string()));
  }

  void add(const std::string& data, const std::string& name, int count) const {
    for (int i = 0; i < count; ++i) {
      folder.file(fs::path(data) / name / (std::to_string(i) + ".jpg"), "not read");
    }
  }
  static std::string record_of(const std::string& data) {
    return R"({"settings": {"seed": 7}, "interrupted": false, "data": {"path": ")" + data +
           R"(", "split": ""}})";
  }
  TestSet of(const fs::path& data, const std::string& classes = "",
             std::optional<std::uint64_t> seed = std::nullopt) const {
    return test_set(
        {.data = data, .options = {}, .prompt = prompt, .classes = classes, .seed = seed});
  }

  testing::TemporaryFolder folder;
  const fs::path photos = folder / "photos", prompt = folder / "run" / kPromptName;
};

TEST_F(TestSets, OfTheRunsOwnDataIsTheirTestPart) {
  const TestSet own = of(photos);
  EXPECT_EQ(own.seed, 7u);
  EXPECT_THAT(own.chosen.test, SizeIs(9));
  EXPECT_EQ(own.chosen.test, load_dataset(photos, {.seed = 7}).test);
  EXPECT_EQ(own.whose, "of the prompt");
}

TEST_F(TestSets, OfOtherDataAreAllImages) {
  add("others", "cat", 4);
  add("others", "dog", 4);
  const TestSet whole = of(folder / "others");
  EXPECT_THAT(whole.chosen.test, SizeIs(8));
  EXPECT_THAT(of(folder / "others", "", 3).chosen.test, SizeIs(2));  // a division was asked for
}

TEST_F(TestSets, WithoutAPromptAreAllImagesAmongTheirOwnClasses) {
  const TestSet zero_shot =
      test_set({.data = photos, .options = {}, .prompt = {}, .classes = {}, .seed = {}});
  EXPECT_THAT(zero_shot.chosen.test, SizeIs(30));
  EXPECT_EQ(zero_shot.whose, "of the data");
}

TEST_F(TestSets, OfSomeClassesAreJudgedAmongThePrompts) {
  add("others", "fox", 3);
  add("others", "Dog", 3);
  const TestSet some = of(folder / "others");
  EXPECT_THAT(some.chosen.class_names, ElementsAre("cat", "dog", "fox"));
  EXPECT_THAT(some.data.class_names, ElementsAre("Dog", "fox"));
  EXPECT_EQ(some.chosen.test.front().label, 1);
  EXPECT_EQ(some.chosen.test.back().label, 2);
}

TEST_F(TestSets, OfClassesThatThePromptDoesNotKnowAreJudgedAmongTheirOwnAndThatIsTold) {
  add("others", "cat", 3);
  add("others", "owl", 3);
  const TestSet others = of(folder / "others");
  EXPECT_THAT(others.chosen.class_names, ElementsAre("cat", "owl"));
  EXPECT_EQ(others.whose, "of the data");
  EXPECT_THAT(others.data.notices,
              ElementsAre(HasSubstr("tested whole"),
                          AllOf(HasSubstr("not of the prompt"), HasSubstr("'owl'"))));
}

TEST_F(TestSets, AreJudgedAmongTheClassesAskedFor) {
  const std::string names = folder.file("names.txt", "owl\nfox\ndog\ncat\n");
  const TestSet listed = of(photos, names);
  EXPECT_THAT(listed.chosen.class_names, ElementsAre("owl", "fox", "dog", "cat"));
  EXPECT_EQ(listed.chosen.test.front().label, 3);
  EXPECT_EQ(listed.whose, "of " + names);
  EXPECT_THAT(of(photos, "base").chosen.class_names, ElementsAre("cat", "dog"));
  const std::string few = folder.file("few.txt", "owl\nfox\n");
  EXPECT_THAT(error_of([&] { of(photos, few); }), HasSubstr("'cat' is not among the 2 classes"));
}

TEST_F(TestSets, WithoutTestImagesSayWhatWasUnderstood) {
  for (const char* name : {"cat", "dog"}) add("others/train", name, 2);
  EXPECT_THAT(error_of([&] { of(folder / "others"); }),
              HasSubstr("no test images; understood was 2 classes, 4 images: 4 train"));
}

TEST_F(TestSets, KnowTheRunsDataByEveryPathThatLeadsThere) {
  fs::create_directory_symlink("photos", folder / "link");
  for (const fs::path& path : {photos, photos / "", folder / "run/../photos", folder / "link"}) {
    EXPECT_TRUE(is_data_of_run(path, "", prompt)) << path;
  }
  EXPECT_FALSE(is_data_of_run(photos, "split.json", prompt));
  EXPECT_FALSE(is_data_of_run(folder / "run", "", prompt));
  EXPECT_FALSE(is_data_of_run(folder / "nowhere", "", prompt));
}

TEST_F(TestSets, OfAPromptOutsideItsRunAreAllImages) {
  fs::copy_file(prompt, folder / "copy.qprompt");
  EXPECT_FALSE(is_data_of_run(photos, "", folder / "copy.qprompt"));
  EXPECT_FALSE(is_data_of_run(photos, "", ""));
  folder.file("run/run.json", R"({"settings": {}, "data": 3})");
  EXPECT_FALSE(is_data_of_run(photos, "", prompt));
}

}  // namespace
}  // namespace qprompt

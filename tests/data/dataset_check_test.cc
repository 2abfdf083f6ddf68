#include "qprompt/data/dataset_check.h"

#include "tests/data/image_files.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using testing::TemporaryFolder;

class Checks : public ::testing::Test {
 protected:
  void add_images(const fs::path& below, int count) const {
    const std::string picture = testing::png_file(testing::gradient(4, 3));
    for (int i = 0; i < count; ++i) folder.file(below / (std::to_string(i) + ".png"), picture);
  }

  TemporaryFolder folder;
};

TEST_F(Checks, CountEachPartAndClassOfOnesOwnImages) {
  add_images("photos/train/cat", 3);
  add_images("photos/train/dog", 2);
  add_images("photos/test/cat", 1);
  add_images("photos/test/dog", 4);
  const DatasetCheck check = check_dataset(folder / "photos");
  EXPECT_EQ(check.images, (PartSizes{5, 0, 5}));
  EXPECT_THAT(check.classes, ElementsAre(ClassCheck{.name = "cat", .images = {3, 0, 1}},
                                         ClassCheck{.name = "dog", .images = {2, 0, 4}}));
  EXPECT_FALSE(check.published.has_value());
  EXPECT_TRUE(check.is_whole());
}

TEST_F(Checks, NameImagesThatCannotBeReadAndCountThemByClass) {
  add_images("photos/cat", 4);
  add_images("photos/dog", 4);
  folder.file("photos/dog/broken.jpg", "no picture");
  folder.file("photos/dog/notes.txt", "");
  const DatasetCheck check = check_dataset(folder / "photos");
  EXPECT_THAT(check.unreadable, ElementsAre(HasSubstr("dog/broken.jpg")));
  EXPECT_EQ(check.classes.at(1).unreadable, 1);
  EXPECT_EQ(check.classes.at(0).unreadable, 0);
  EXPECT_THAT(check.ignored, ElementsAre(Pair(".txt", 1)));
  EXPECT_FALSE(check.is_whole());
}

TEST_F(Checks, CountListedImagesThatAreMissing) {
  folder.file("eurosat/split_zhou_EuroSAT.json",
              R"({"train": [["Forest/0.png", 1, "Forest"], ["Forest/7.png", 1, "Forest"],
                            ["AnnualCrop/0.png", 0, "Annual Crop Land"]],
                  "val": [["AnnualCrop/9.png", 0, "Annual Crop Land"]],
                  "test": [["AnnualCrop/1.png", 0, "Annual Crop Land"]]})");
  add_images("eurosat/2750/Forest", 1);
  add_images("eurosat/2750/AnnualCrop", 2);
  const DatasetCheck check = check_dataset("eurosat", {.data = {.data_root = folder.path()}});
  EXPECT_EQ(check.name, "EuroSAT");
  EXPECT_EQ(check.place, folder / "eurosat");
  EXPECT_EQ(check.images, (PartSizes{3, 1, 1}));
  EXPECT_EQ(check.missing, (PartSizes{1, 1, 0}));
  EXPECT_EQ(check.classes.at(0).missing, (PartSizes{0, 1, 0}));
  EXPECT_EQ(check.classes.at(1).missing, (PartSizes{1, 0, 0}));
  EXPECT_THAT(check.missing_images,
              ElementsAre(HasSubstr("2750/Forest/7.png"), HasSubstr("2750/AnnualCrop/9.png")));
  EXPECT_EQ(check.published, (PartSizes{13500, 5400, 8100}));
  EXPECT_THAT(check.differences, SizeIs(2));  // classes and images
}

TEST_F(Checks, TellImagesThatNoPartLists) {
  folder.file("caltech-101/split_zhou_Caltech101.json",
              R"({"train": [["Faces/0.png", 0, "face"], ["Leopards/0.png", 1, "leopard"]]})");
  const fs::path images = "caltech-101/101_ObjectCategories";
  add_images(images / "Faces", 1);
  add_images(images / "Leopards", 2);
  add_images(images / "BACKGROUND_Google", 3);
  add_images(images / "Faces_easy", 4);
  const DatasetCheck check = check_dataset("Caltech101", {.data = {.data_root = folder.path()}});
  EXPECT_THAT(check.unlisted, ElementsAre(Pair("BACKGROUND_Google", 3), Pair("Faces_easy", 4),
                                          Pair("Leopards", 1)));
  EXPECT_THAT(check.missing_images, IsEmpty());
}

TEST_F(Checks, SayWhichFilesOfAKnownDataSetAreMissing) {
  const DataOptions options{.data_root = folder.path()};
  add_images("dtd/images/banded", 1);
  const DatasetCheck dtd = check_dataset("dtd", {.data = options});
  EXPECT_THAT(dtd.missing_files,
              ElementsAre(AllOf(HasSubstr("split_zhou_DescribableTextures.json: missing"),
                                HasSubstr("huggingface.co"))));
  EXPECT_THAT(dtd.classes, IsEmpty());
  EXPECT_FALSE(dtd.is_whole());
  EXPECT_THAT(check_dataset("fgvc_aircraft", {.data = options}).missing_files,
              ElementsAre(HasSubstr("fgvc_aircraft/images:"), HasSubstr("variants.txt"),
                          HasSubstr("images_variant_train.txt"), HasSubstr("images_variant_val"),
                          HasSubstr("images_variant_test")));
}

TEST_F(Checks, ReadAnImageThatIsListedTwiceOnce) {
  add_images("photos", 2);
  const fs::path table =
      folder.file("photos/t.csv", "0.png,cat,train\n1.png,dog,train\n0.png,cat,test\n");
  std::int64_t images = 0;
  check_dataset(table, {.progress = [&](std::int64_t, std::int64_t total) { images = total; }});
  EXPECT_EQ(images, 2);
}

TEST_F(Checks, EndWhereAskedTo) {
  add_images("photos/cat", 2);
  add_images("photos/dog", 2);
  EXPECT_THROW(check_dataset(folder / "photos", {.stop = [] { return true; }}), Interrupted);
}

}  // namespace
}  // namespace qprompt

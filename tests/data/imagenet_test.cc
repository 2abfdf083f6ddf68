// ImageNet and its variants, as miniatures in the layout that CoOp's users have on disk.

#include "qprompt/data/few_shot.h"
#include "tests/data/data_root.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using testing::DataRoot;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Names = std::vector<std::string>;

constexpr std::string_view kNames =
    "n01440764 tench\nn01443537 goldfish\nn03773504 missile\nn04008634 missile\n"
    "n04355933 sunglasses\nn04356056 sunglasses\n";
const Names kIds{"n01440764", "n01443537", "n03773504", "n04008634", "n04355933", "n04356056"};

class ImageNetTest : public DataRoot {
 protected:
  void add_imagenet() const {
    add("imagenet/classnames.txt", kNames);
    for (const std::string& id : kIds) {
      for (const char* number : {"_9.JPEG", "_10.JPEG", "_11.JPEG"}) {
        add("imagenet/images/train/" + id + "/" + id + number);
      }
      add("imagenet/images/val/" + id + "/ILSVRC2012_val_00000293.JPEG");
    }
  }
};

TEST_F(ImageNetTest, IsTestedOnValAndKeepsDoubledNamesApart) {
  add_imagenet();
  add("imagenet/split_fewshot/shot_16-seed_1.pkl");  // as CoOp leaves beside the images
  add("imagenet/images/val/ILSVRC2012.txt");
  const Dataset dataset = load("imagenet");
  EXPECT_EQ(dataset.name, "ImageNet");
  EXPECT_THAT(dataset.class_names,
              ElementsAre("tench", "goldfish", "missile", "missile", "sunglasses", "sunglasses"));
  EXPECT_THAT(dataset.train, SizeIs(18));
  EXPECT_THAT(dataset.val, SizeIs(6));
  EXPECT_EQ(dataset.test, dataset.val);
  EXPECT_EQ(texts(dataset.test).back(),
            "5 imagenet/images/val/n04356056/ILSVRC2012_val_00000293.JPEG");
  EXPECT_THAT(dataset.notices, Contains(HasSubstr("'missile' stands for 2 classes")));
}

TEST_F(ImageNetTest, FewShotsAreDrawnFromTheSortedListAndThatIsTold) {
  add_imagenet();
  const Dataset dataset = load("imagenet");
  EXPECT_THAT(texts(dataset.train)[0], HasSubstr("n01440764_10.JPEG"));
  EXPECT_THAT(texts(dataset.train)[2], HasSubstr("n01440764_9.JPEG"));
  EXPECT_THAT(dataset.notices, Contains(HasSubstr("unsorted listing")));
  const Dataset sampled = few_shot(dataset, 1, 1).dataset;
  EXPECT_THAT(sampled.train, SizeIs(6));
  EXPECT_EQ(sampled.test, dataset.test);
}

TEST_F(ImageNetTest, MayBeThereWithoutItsTrainingImages) {
  add("imagenet/classnames.txt", kNames);
  for (const std::string& id : kIds) add("imagenet/images/val/" + id + "/a.JPEG");
  const Dataset dataset = load("imagenet");
  EXPECT_THAT(dataset.test, SizeIs(6));
  EXPECT_THAT(dataset.notices, Contains(HasSubstr("images/train: missing")));
  fs::rename(root / "imagenet/images/val", root / "imagenet/images/other");
  EXPECT_THAT(refusal("imagenet"), HasSubstr("neither train nor val"));
}

TEST_F(ImageNetTest, ValImagesWithoutFoldersAreRefused) {
  add_imagenet();
  fs::remove_all(root / "imagenet/images/val");
  add("imagenet/images/val/ILSVRC2012_val_00000001.JPEG");
  EXPECT_THAT(refusal("imagenet"), AllOf(HasSubstr("images/val"), HasSubstr("valprep.sh")));
}

TEST_F(ImageNetTest, AClassThatTheListDoesNotNameIsRefused) {
  add_imagenet();
  add("imagenet/images/train/n09999999/n09999999_1.JPEG");
  EXPECT_THAT(refusal("imagenet"), AllOf(HasSubstr("classnames.txt"), HasSubstr("n09999999")));
}

TEST_F(ImageNetTest, V2sFoldersAreLinesOfTheList) {
  std::string names;
  for (int i = 0; i < 12; ++i) {
    names += "n000000" + std::string(i < 10 ? "0" : "") + std::to_string(i) + " name " +
             std::to_string(i) + "\n";
  }
  add("imagenetv2/classnames.txt", names);
  const fs::path images = "imagenetv2/imagenetv2-matched-frequency-format-val";
  for (int i = 0; i < 12; ++i) add(images / std::to_string(i) / "a.jpeg");
  const Dataset dataset = load("imagenetv2");
  EXPECT_THAT(dataset.class_names, SizeIs(12));
  EXPECT_THAT(dataset.train, IsEmpty());
  ASSERT_THAT(dataset.test, SizeIs(12));
  EXPECT_EQ(texts(dataset.test)[2], "2 " + (images / "2/a.jpeg").string());
  EXPECT_EQ(texts(dataset.test)[11], "11 " + (images / "11/a.jpeg").string());
  EXPECT_EQ(dataset.class_names[11], "name 11");
  add(images / "12" / "a.jpeg");
  EXPECT_THAT(refusal("imagenetv2"), AllOf(HasSubstr("/12:"), HasSubstr("0 .. 11")));
}

TEST_F(ImageNetTest, V2NeedsTheListInTheOrderOfItsIds) {
  add("imagenetv2/imagenetv2-matched-frequency-format-val/0/a.jpeg");
  add("imagenetv2/classnames.txt", "n01443537 goldfish\nn01440764 tench\n");
  EXPECT_THAT(refusal("imagenetv2"), AllOf(HasSubstr("classnames.txt"), HasSubstr("ascending")));
  add("imagenetv2/classnames.txt", "tench\ngoldfish\n");
  EXPECT_THAT(refusal("imagenetv2"), HasSubstr("classnames.txt:1: 'tench'"));
}

TEST_F(ImageNetTest, SketchIsTestedWhole) {
  add("imagenet-sketch/classnames.txt", kNames);
  for (const std::string& id : kIds) {
    add("imagenet-sketch/images/" + id + "/sketch_1.JPEG");
    add("imagenet-sketch/images/" + id + "/sketch_0.JPEG");
  }
  const Dataset dataset = load("imagenet_sketch");
  EXPECT_EQ(dataset.name, "ImageNetSketch");
  EXPECT_THAT(dataset.train, IsEmpty());
  EXPECT_THAT(dataset.val, IsEmpty());
  ASSERT_THAT(dataset.test, SizeIs(12));
  EXPECT_EQ(texts(dataset.test)[1], "0 imagenet-sketch/images/n01440764/sketch_1.JPEG");
  EXPECT_FALSE(dataset.divided_here);
}

TEST_F(ImageNetTest, AAndRAreProblemsOfTheirOwnTwoHundredClasses) {
  const std::pair<const char*, const char*> kPlaces[] = {
      {"imagenet_a", "imagenet-adversarial/imagenet-a"},
      {"imagenet_r", "imagenet-rendition/imagenet-r"}};
  for (const auto& [name, images] : kPlaces) {
    SCOPED_TRACE(name);
    std::string names;
    for (int i = 0; i < 1000; ++i) {
      const std::string id = "n" + std::to_string(10000000 + i);
      names += id + " class " + std::to_string(i) + "\n";
      if (i % 5 == 3) add(fs::path(images) / id / "0.001_fox.jpg");
    }
    add(fs::path(images) / "README.txt", "no class");
    add(fs::path(images).parent_path() / "classnames.txt", names);
    const Dataset dataset = load(name);
    ASSERT_THAT(dataset.class_names, SizeIs(200));
    EXPECT_EQ(dataset.class_names[0], "class 3");
    EXPECT_EQ(dataset.class_names[199], "class 998");
    ASSERT_THAT(dataset.test, SizeIs(200));
    EXPECT_EQ(dataset.test[199].label, 199);
    EXPECT_THAT(dataset.notices, Not(Contains(HasSubstr("classes, published"))));
  }
}

TEST_F(ImageNetTest, VariantsMayNotCallAClassOtherwiseThanImageNet) {
  add_imagenet();
  for (const std::string& id : {kIds[0], kIds[1]}) {
    add("imagenet-rendition/imagenet-r/" + id + "/art_0.jpg");
  }
  add("imagenet-rendition/classnames.txt", "n01440764 tench\nn01443537 gold fish\n");
  EXPECT_THAT(
      refusal("imagenet_r"),
      AllOf(HasSubstr("n01443537"), HasSubstr("'gold fish'"), HasSubstr("'goldfish'"),
            HasSubstr("imagenet-rendition/classnames.txt"), HasSubstr("imagenet/classnames.txt")));
}

TEST_F(ImageNetTest, VariantsWithoutAListTakeImageNetsAndSayIt) {
  for (const std::string& id : {kIds[0], kIds[1]}) {
    add("imagenet-rendition/imagenet-r/" + id + "/art_0.jpg");
  }
  EXPECT_THAT(refusal("imagenet_r"), HasSubstr("imagenet-rendition/classnames.txt: missing"));
  const fs::path elsewhere = add("elsewhere.txt", "n01440764 Schleie\nn01443537 Goldfisch\n");
  EXPECT_THAT(load("imagenet_r", {.class_names = elsewhere}).class_names,
              ElementsAre("Schleie", "Goldfisch"));
  add("imagenet/classnames.txt", kNames);
  const Dataset dataset = load("imagenet_r");
  EXPECT_THAT(dataset.class_names, ElementsAre("tench", "goldfish"));
  EXPECT_THAT(dataset.notices, Contains(HasSubstr("imagenet/classnames.txt is read")));
}

}  // namespace
}  // namespace qprompt

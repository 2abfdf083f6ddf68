// Each data set that is known by name, as a miniature in the layout that CoOp's users have on disk.

#include "qprompt/data/benchmark.h"

#include <set>

#include "qprompt/core/unicode.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/data/templates.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Names = std::vector<std::string>;

// A data root of the test's own.
class DataRoot : public ::testing::Test {
 protected:
  fs::path add(const fs::path& name, std::string_view content = "not read") const {
    return root.file(name, content);
  }
  Dataset load(const fs::path& name, DataOptions options = {}) const {
    options.data_root = root.path();
    return load_dataset(name, options);
  }
  std::string refusal(const fs::path& name, const DataOptions& options = {}) const {
    return error_of([&] { load(name, options); });
  }
  // "label path" with paths below the root.
  Names texts(const std::vector<Item>& items) const {
    Names texts;
    for (const Item& item : items) {
      texts.push_back(std::to_string(item.label) + " " +
                      item.image.path().lexically_relative(root.path()).string());
    }
    return texts;
  }

  testing::TemporaryFolder root;
};

TEST(Benchmarks, AreTheElevenOfTheFieldAndImageNetsFourVariants) {
  std::set<std::string> names;
  for (const Benchmark& each : benchmarks()) names.emplace(each.name);
  EXPECT_THAT(names,
              ElementsAre("Caltech101", "DescribableTextures", "EuroSAT", "FGVCAircraft", "Food101",
                          "ImageNet", "ImageNetA", "ImageNetR", "ImageNetSketch", "ImageNetV2",
                          "OxfordFlowers", "OxfordPets", "SUN397", "StanfordCars", "UCF101"));
}

TEST(Benchmarks, GoByTheirNamesHoweverTheyAreWritten) {
  const std::pair<const char*, const char*> kNames[] = {
      {"caltech101", "Caltech101"},
      {"oxford_pets", "OxfordPets"},
      {"stanford_cars", "StanfordCars"},
      {"oxford_flowers", "OxfordFlowers"},
      {"flowers102", "OxfordFlowers"},
      {"Flowers-102", "OxfordFlowers"},
      {"food101", "Food101"},
      {"fgvc_aircraft", "FGVCAircraft"},
      {"sun397", "SUN397"},
      {"dtd", "DescribableTextures"},
      {"DTD", "DescribableTextures"},
      {"describable_textures", "DescribableTextures"},
      {"eurosat", "EuroSAT"},
      {"UCF-101", "UCF101"},
      {"imagenet", "ImageNet"},
      {"imagenetv2", "ImageNetV2"},
      {"imagenet_sketch", "ImageNetSketch"},
      {"ImageNet-A", "ImageNetA"},
      {"imagenet_r", "ImageNetR"},
      {"imagenet-rendition", "ImageNetR"}};
  for (const auto& [given, name] : kNames) {
    ASSERT_NE(find_benchmark(given), nullptr) << given;
    EXPECT_EQ(find_benchmark(given)->name, name);
  }
  for (const char* other : {"", "photos", "caltech", "eurosat/", "./eurosat"}) {
    EXPECT_EQ(find_benchmark(other), nullptr) << other;
  }
}

TEST(Benchmarks, HaveTheSentencesOfCoOpsAuthors) {
  EXPECT_THAT(templates_for({"dataset"}, "flowers102"),
              ElementsAre("a photo of a {}, a type of flower."));
  EXPECT_THAT(templates_for({"dataset"}, "ImageNetA"), ElementsAre("a photo of a {}."));
  EXPECT_THAT(templates_for({"dataset"}, "UCF101"), ElementsAre("a photo of a person doing {}."));
  for (const Benchmark& each : benchmarks()) {
    EXPECT_THAT(std::string(each.sentence), HasSubstr("{}")) << each.name;
  }
}

// Split files

struct SplitCase {
  const char *name, *images, *split;
  std::string first, second;  // real names of images
  const char *first_class, *second_class;
};

const SplitCase kSplits[] = {
    {"caltech101", "caltech-101/101_ObjectCategories", "caltech-101/split_zhou_Caltech101.json",
     "Faces/image_0274.jpg", "Leopards/image_0001.jpg", "face", "leopard"},
    {"oxford_pets", "oxford_pets/images", "oxford_pets/split_zhou_OxfordPets.json",
     "Abyssinian_122.jpg", "american_bulldog_10.jpg", "abyssinian", "american_bulldog"},
    {"stanford_cars", "stanford_cars", "stanford_cars/split_zhou_StanfordCars.json",
     "cars_train/05491.jpg", "cars_test/00046.jpg", "2000 AM General Hummer SUV",
     "2012 Acura RL Sedan"},
    {"oxford_flowers", "oxford_flowers/jpg", "oxford_flowers/split_zhou_OxfordFlowers.json",
     "image_06734.jpg", "image_05087.jpg", "pink primrose", "hard-leaved pocket orchid"},
    {"food101", "food-101/images", "food-101/split_zhou_Food101.json", "apple_pie/1005649.jpg",
     "baby_back_ribs/1005293.jpg", "apple_pie", "baby_back_ribs"},
    {"sun397", "sun397/SUN397", "sun397/split_zhou_SUN397.json", "a/abbey/sun_aaalbzqrimafwbiv.jpg",
     "a/airplane_cabin/sun_aadeubtfymkmzalp.jpg", "abbey", "airplane_cabin"},
    {"dtd", "dtd/images", "dtd/split_zhou_DescribableTextures.json", "banded/banded_0133.jpg",
     "blotchy/blotchy_0003.jpg", "banded", "blotchy"},
    {"eurosat", "eurosat/2750", "eurosat/split_zhou_EuroSAT.json", "AnnualCrop/AnnualCrop_1381.jpg",
     "Forest/Forest_1.jpg", "Annual Crop Land", "Forest"},
    {"ucf101", "ucf101/UCF-101-midframes", "ucf101/split_zhou_UCF101.json",
     "Apply_Eye_Makeup/v_ApplyEyeMakeup_g08_c01.jpg", "Apply_Lipstick/v_ApplyLipstick_g08_c01.jpg",
     "Apply_Eye_Makeup", "Apply_Lipstick"}};

// Two images and their labels, 0 and 1; the second first, as published files are shuffled.
std::string split_of(const SplitCase& each) {
  const std::string first = "[\"" + each.first + "\", 0, \"" + each.first_class + "\"]";
  const std::string second = "[\"" + each.second + "\", 1, \"" + each.second_class + "\"]";
  return "{\n    \"train\": [" + second + ", " + first + "],\n    \"val\": [" + first +
         "],\n    \"test\": [" + second + "]\n}";
}

TEST_F(DataRoot, DataSetsWithASplitFileAreReadFromTheirPlaces) {
  for (const SplitCase& each : kSplits) {
    SCOPED_TRACE(each.name);
    add(each.split, split_of(each));
    for (const std::string& image : {each.first, each.second}) add(fs::path(each.images) / image);
    const Dataset dataset = load(each.name);
    EXPECT_EQ(dataset.name, find_benchmark(each.name)->name);
    EXPECT_THAT(dataset.class_names,
                ElementsAre(name_text(each.first_class), name_text(each.second_class)));
    const std::string images = each.images;
    EXPECT_THAT(texts(dataset.train),
                ElementsAre("1 " + images + "/" + each.second, "0 " + images + "/" + each.first));
    EXPECT_NO_THROW(require_files(dataset.train));
    EXPECT_EQ(dataset.orientation, Orientation::kAsStored);
    EXPECT_FALSE(dataset.divided_here);
    EXPECT_THAT(dataset.notices, Not(Contains(HasSubstr("label 0"))));
  }
}

TEST_F(DataRoot, LabelsOfFlowersAndCarsAreNotAlphabetical) {
  const char* flowers = R"({"train": [["image_00190.jpg", 2, "canterbury bells"],
    ["image_06734.jpg", 0, "pink primrose"], ["image_05087.jpg", 1, "hard-leaved pocket orchid"]],
    "val": [], "test": [["image_06735.jpg", 0, "pink primrose"]]})";
  add("oxford_flowers/jpg/image_06734.jpg");
  add("oxford_flowers/split_zhou_OxfordFlowers.json", flowers);
  EXPECT_THAT(load("flowers102").class_names,
              ElementsAre("pink primrose", "hard-leaved pocket orchid", "canterbury bells"));
  const char* cars = R"({"train": [["cars_train/00001.jpg", 1, "2012 Acura RL Sedan"],
    ["cars_train/00002.jpg", 0, "2000 AM General Hummer SUV"],
    ["cars_train/00003.jpg", 2, "1994 Audi 100 Sedan"]], "val": [], "test": []})";
  add("stanford_cars/cars_train/00001.jpg");
  add("stanford_cars/split_zhou_StanfordCars.json", cars);
  EXPECT_THAT(subsample_classes(load("stanford_cars"), ClassSubset::kBase).class_names,
              ElementsAre("2000 AM General Hummer SUV", "2012 Acura RL Sedan"));
}

TEST_F(DataRoot, AnotherOrderOfLabelsAndOtherNumbersAreTold) {
  add("oxford_flowers/jpg/a.jpg");
  add("oxford_flowers/split_zhou_OxfordFlowers.json",
      R"({"train": [["a.jpg", 0, "alpine sea holly"], ["b.jpg", 1, "anthurium"]]})");
  EXPECT_THAT(load("flowers102").notices,
              AllOf(Contains(HasSubstr("label 0 is 'alpine sea holly', published 'pink primrose'")),
                    Contains(HasSubstr("2 classes, published are 102")),
                    Contains(HasSubstr("published are 4093 train, 1633 val, 2463 test"))));
}

TEST_F(DataRoot, FoldersThatCaltechsSplitLeavesOutAreNoClasses) {
  add(kSplits[0].split, split_of(kSplits[0]));
  const fs::path images = kSplits[0].images;
  for (const char* name : {"Faces/image_0274.jpg", "Leopards/image_0001.jpg",
                           "BACKGROUND_Google/image_0001.jpg", "Faces_easy/image_0001.jpg"}) {
    add(images / name);
  }
  EXPECT_THAT(load("caltech101").class_names, ElementsAre("face", "leopard"));
}

TEST_F(DataRoot, AMissingSplitIsNamedAndNotInvented) {
  for (const SplitCase& each : kSplits) {
    SCOPED_TRACE(each.name);
    for (const std::string& image : {each.first, each.second}) add(fs::path(each.images) / image);
    EXPECT_THAT(refusal(each.name), AllOf(HasSubstr((root / each.split).string() + ": missing"),
                                          HasSubstr("DATASETS.md"), HasSubstr("huggingface.co"),
                                          HasSubstr("--split"), HasSubstr("not comparable")));
  }
}

TEST_F(DataRoot, MissingImagesAreNamedWithWhereTheyBelong) {
  add(kSplits[0].split, split_of(kSplits[0]));
  EXPECT_THAT(refusal("caltech101"),
              AllOf(HasSubstr((root / kSplits[0].images).string() + ": missing"),
                    HasSubstr("images of Caltech101 belong there")));
  add(fs::path(kSplits[0].images) / kSplits[0].second);
  const Dataset dataset = load("caltech101");
  EXPECT_THAT(error_of([&] { require_files(dataset.train); }),
              AllOf(HasSubstr("Faces/image_0274.jpg: missing"), HasSubstr("0 more of the 2")));
}

TEST_F(DataRoot, ASplitFromElsewhereStandsForThePublishedOne) {
  add("eurosat/2750/Forest/Forest_1.jpg");
  const fs::path split = add("elsewhere/own.json", split_of(kSplits[7]));
  const Dataset dataset = load("eurosat", {.split = split});
  EXPECT_EQ(dataset.name, "EuroSAT");
  EXPECT_THAT(texts(dataset.test), ElementsAre("1 eurosat/2750/Forest/Forest_1.jpg"));
  EXPECT_THAT(dataset.notices, Not(Contains(HasSubstr("published"))));
  const fs::path table = add("elsewhere/own.csv",
                             "Forest/Forest_1.jpg,Forest,test\n"
                             "River/River_1.jpg,River,test\n");
  EXPECT_THAT(load("eurosat", {.split = table}).class_names, ElementsAre("Forest", "River"));
}

TEST_F(DataRoot, ASplitWithTwoNamesForOneLabelIsRefusedWithBoth) {
  add("eurosat/2750/a.jpg");
  add("eurosat/split_zhou_EuroSAT.json",
      R"({"train": [["a.jpg", 0, "Annual Crop Land"], ["b.jpg", 1, "Forest"]],
          "test": [["c.jpg", 1, "River"]]})");
  EXPECT_THAT(refusal("eurosat"), AllOf(HasSubstr("label 1"), HasSubstr("'Forest'"),
                                        HasSubstr("'River'"), HasSubstr("EuroSAT.json")));
}

// FGVC-Aircraft

class Aircraft : public DataRoot {
 protected:
  Aircraft() {
    add("fgvc_aircraft/images/1025794.jpg");
    add("fgvc_aircraft/variants.txt", "707-320\n727-200\nMD-11\nF/A-18\n");
    list("train", "1025794 707-320\n1340192 F/A-18\n");
    list("val", "0056978 727-200\n1240561 MD-11\n");
    list("test", "1514522 707-320\n");
  }
  void list(const std::string& part, const std::string& text) const {
    add("fgvc_aircraft/images_variant_" + part + ".txt", text);
  }
};

TEST_F(Aircraft, IsReadFromItsTextFiles) {
  const Dataset dataset = load("fgvc_aircraft");
  EXPECT_EQ(dataset.name, "FGVCAircraft");
  EXPECT_THAT(dataset.class_names, ElementsAre("707-320", "727-200", "MD-11", "F/A-18"));
  EXPECT_THAT(texts(dataset.train), ElementsAre("0 fgvc_aircraft/images/1025794.jpg",
                                                "3 fgvc_aircraft/images/1340192.jpg"));
  EXPECT_THAT(texts(dataset.val), ElementsAre("1 fgvc_aircraft/images/0056978.jpg",
                                              "2 fgvc_aircraft/images/1240561.jpg"));
  EXPECT_THAT(dataset.test, SizeIs(1));
  EXPECT_EQ(dataset.orientation, Orientation::kAsStored);
}

TEST_F(Aircraft, DefectsNameTheFileAndTheLine) {
  list("val", "0056978 727-200\n1240561 MD-12\n");
  EXPECT_THAT(refusal("fgvc_aircraft"),
              AllOf(HasSubstr("images_variant_val.txt:2"), HasSubstr("'MD-12'")));
  list("val", "0056978\n");
  EXPECT_THAT(refusal("fgvc_aircraft"), HasSubstr("images_variant_val.txt:1"));
  fs::remove(root / "fgvc_aircraft/images_variant_val.txt");
  EXPECT_THAT(refusal("fgvc_aircraft"),
              AllOf(HasSubstr("images_variant_val.txt: missing"), HasSubstr("DATASETS.md")));
  list("val", "");
  add("fgvc_aircraft/variants.txt", "707-320\n707-320\n");
  EXPECT_THAT(refusal("fgvc_aircraft"), HasSubstr("'707-320' twice"));
}

// ImageNet and its variants

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

// Names and paths

TEST_F(DataRoot, AnUnknownNameComesWithTheNearestOne) {
  EXPECT_THAT(refusal("caltech11"),
              AllOf(HasSubstr("caltech11"), HasSubstr("did you mean Caltech101?")));
  EXPECT_THAT(refusal("oxford_pet"), HasSubstr("did you mean OxfordPets?"));
  EXPECT_THAT(refusal("data"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(refusal(root / "caltech11"), Not(HasSubstr("did you mean")));
}

TEST_F(DataRoot, ANameNeedsADataRoot) {
  EXPECT_THAT(error_of([] { load_dataset("caltech101"); }),
              AllOf(HasSubstr("Caltech101"), HasSubstr("--data-root"), HasSubstr("caltech-101")));
  EXPECT_THAT(error_of([&] { load_dataset("caltech101", {.data_root = root / "none"}); }),
              HasSubstr("none: no such folder"));
}

TEST_F(DataRoot, APathStaysAPath) {
  for (const char* image : {"a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"}) {
    add(fs::path("dtd") / image);
  }
  const fs::path before = fs::current_path();
  fs::current_path(root.path());
  EXPECT_THAT(load_dataset("dtd").class_names, ElementsAre("a", "b"));  // no data root was told
  EXPECT_THAT(load("./dtd").class_names, ElementsAre("a", "b"));
  EXPECT_EQ(place_of_data("./dtd", {.data_root = root.path()}), "./dtd");
  EXPECT_EQ(place_of_data("DTD", {.data_root = root.path()}), root / "dtd");
  add("other/eurosat/split_zhou_EuroSAT.json", split_of(kSplits[7]));
  add("other/eurosat/2750/Forest/Forest_1.jpg");
  add("eurosat/a/1.jpg");
  EXPECT_THAT(load_dataset("eurosat", {.data_root = "other"}).notices,
              Contains(AllOf(HasSubstr("other/eurosat is read"), HasSubstr("./eurosat"))));
  fs::current_path(before);
}

}  // namespace
}  // namespace qprompt

#include "qprompt/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

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
using testing::TemporaryFolder;

void add_images(const TemporaryFolder& folder, const fs::path& below, int count) {
  for (int i = 0; i < count; ++i) folder.file(below / (std::to_string(i) + ".jpg"), "not read");
}

Dataset load(const fs::path& data, std::uint64_t seed = 1) {
  return load_dataset(data, {.seed = seed});
}

// "label path" with paths below `root`.
std::vector<std::string> texts(const std::vector<Item>& items, const fs::path& root) {
  std::vector<std::string> texts;
  for (const Item& item : items) {
    texts.push_back(std::to_string(item.label) + " " +
                    item.image.path().lexically_relative(root).string());
  }
  return texts;
}

std::set<fs::path> paths_of_all(const Dataset& dataset) {
  std::set<fs::path> paths;
  for (const auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (const Item& item : *items) paths.insert(item.image.path());
  }
  return paths;
}

// Class folders

TEST(ClassFolders, AreDividedFiftyTwentyThirtyWithinEveryClass) {
  const TemporaryFolder folder;
  add_images(folder, "pets/cat", 10);
  add_images(folder, "pets/big_dog", 20);
  const Dataset dataset = load(folder / "pets");
  EXPECT_EQ(dataset.name, "pets");
  EXPECT_THAT(dataset.class_names, ElementsAre("big dog", "cat"));
  EXPECT_THAT(dataset.train, SizeIs(10 + 5));
  EXPECT_THAT(dataset.val, SizeIs(4 + 2));
  EXPECT_THAT(dataset.test, SizeIs(6 + 3));
  EXPECT_THAT(paths_of_all(dataset), SizeIs(30));
  EXPECT_EQ(dataset.train.front().label, 0);
  EXPECT_EQ(dataset.train.back().label, 1);
}

TEST(ClassFolders, AreDividedBySeed) {
  const TemporaryFolder folder;
  add_images(folder, "a", 40);
  add_images(folder, "b", 40);
  EXPECT_EQ(load(folder.path(), 1).train, load(folder.path(), 1).train);
  EXPECT_NE(load(folder.path(), 1).train, load(folder.path(), 2).train);
}

TEST(ClassFolders, AnotherClassDoesNotChangeTheDivisionOfTheRest) {
  const TemporaryFolder folder;
  add_images(folder, "a", 30);
  add_images(folder, "c", 30);
  const Dataset before = load(folder.path());
  add_images(folder, "b", 30);
  const Dataset after = load(folder.path());
  const std::set<fs::path> train = paths_of_all({.train = after.train});
  for (const Item& item : before.train)
    EXPECT_TRUE(train.contains(item.image.path())) << item.image.path();
}

TEST(ClassFolders, OfFewImagesTrainFirstThenTest) {
  const TemporaryFolder folder;
  add_images(folder, "one", 1);
  add_images(folder, "three", 3);
  add_images(folder, "two", 2);
  const Dataset dataset = load(folder.path());
  std::vector<int> train(3), test(3);
  for (const Item& item : dataset.train) ++train[item.label];
  for (const Item& item : dataset.test) ++test[item.label];
  EXPECT_THAT(train, ElementsAre(1, 2, 1));
  EXPECT_THAT(test, ElementsAre(0, 1, 1));
  EXPECT_THAT(dataset.val, IsEmpty());
}

TEST(ClassFolders, HiddenFilesOtherFilesAndFoldersWithoutImagesAreIgnored) {
  const TemporaryFolder folder;
  add_images(folder, "cat", 4);
  add_images(folder, "dog", 4);
  add_images(folder, ".cache", 4);
  add_images(folder, "cat/.thumbnails", 4);
  for (const char* name : {"cat/.hidden.jpg", "cat/notes.txt", "readme.md", "stray.jpg"}) {
    folder.file(name, "");
  }
  fs::create_directory(folder / "later");
  const Dataset dataset = load(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(paths_of_all(dataset), SizeIs(8));
  EXPECT_EQ(summary(dataset), "2 classes, 8 images: 4 train, 2 val, 2 test; ignored: 1 .txt");
  EXPECT_THAT(dataset.notices,
              ElementsAre(HasSubstr("1 images that lie in no class folder are not read"),
                          AllOf(HasSubstr("1 empty folders"), HasSubstr("later"))));
}

TEST(ClassFolders, WithoutAnImageThatCanBeReadAreAnError) {
  const TemporaryFolder folder;
  add_images(folder, "cat", 4);
  add_images(folder, "dog", 4);
  folder.file("fox/a.svg", "");
  folder.file("fox/b.SVG", "");
  EXPECT_THAT(error_of([&] { load(folder.path()); }),
              AllOf(HasSubstr("fox: no image that can be read (2 .svg)"), HasSubstr(".jpg")));
}

TEST(ClassFolders, ThatMayNotBeReadAreAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  add_images(folder, "cat", 4);
  add_images(folder, "dog", 4);
  fs::permissions(folder / "dog", fs::perms::none);
  EXPECT_THAT(error_of([&] { load(folder.path()); }), HasSubstr("dog: cannot be read"));
  fs::permissions(folder / "dog", fs::perms::owner_all);
}

TEST(ClassFolders, AreFollowedThroughLinksButNotInCircles) {
  const TemporaryFolder folder;
  add_images(folder, "elsewhere/foxes", 3);
  add_images(folder, "data/cat", 3);
  fs::create_directory_symlink(folder / "elsewhere/foxes", folder / "data/fox");
  fs::create_directory_symlink(folder / "data/cat", folder / "data/cat/again");
  fs::create_directory_symlink("itself", folder / "data/cat/itself");
  const Dataset dataset = load(folder / "data");
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "fox"));
  EXPECT_THAT(paths_of_all(dataset), SizeIs(6));
  EXPECT_EQ(dataset.ignored.at("links that lead nowhere"), 1);
}

TEST(ClassFolders, OfOneNameInTwoNotationsAreOneClass) {
  const TemporaryFolder folder;
  add_images(folder, "train/Cafe\u0301", 2);  // as macOS stores it
  add_images(folder, "train/River", 2);
  add_images(folder, "test/Caf\u00e9", 2);
  add_images(folder, "test/River", 2);
  const Dataset dataset = load(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("Caf\u00e9", "River"));
  EXPECT_EQ(dataset.test.front().label, 0);
  EXPECT_THAT(dataset.notices, IsEmpty());
}

TEST(ClassFolders, ArePartedUnderAllUsualNames) {
  for (const auto& [train, test] : {std::pair("Training", "Testing"),
                                    {"Train", "Test"},
                                    {"seg_train/seg_train", "seg_test/seg_test"},
                                    {"TRAIN_SET", "eval"}}) {
    const TemporaryFolder folder;
    for (const char* name : {"Forest", "River"}) {
      add_images(folder, fs::path(train) / name, 3);
      add_images(folder, fs::path(test) / name, 2);
    }
    const Dataset dataset = load(folder.path());
    EXPECT_THAT(dataset.class_names, ElementsAre("Forest", "River")) << train;
    EXPECT_THAT(dataset.train, SizeIs(6)) << train;
    EXPECT_THAT(dataset.test, SizeIs(4)) << train;
  }
}

TEST(ClassFolders, MayHoldTheParts) {
  const TemporaryFolder folder;
  for (const char* name : {"cat/train", "cat/test", "dog/train", "dog/test"}) {
    add_images(folder, name, 2);
  }
  const Dataset dataset = load(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(
      texts(dataset.test, folder.path()),
      ElementsAre("0 cat/test/0.jpg", "0 cat/test/1.jpg", "1 dog/test/0.jpg", "1 dog/test/1.jpg"));
}

TEST(ClassFolders, OfAnUnknownLayoutAreRefusedAndShown) {
  const TemporaryFolder folder;
  for (const char* name : {"Site A/Forest", "Site A/River", "Site B/Forest", "Site B/River"}) {
    add_images(folder, name, 2);
  }
  EXPECT_THAT(error_of([&] { load(folder.path()); }),
              AllOf(HasSubstr("'Site A', 'Site B'"), HasSubstr("'Forest', 'River'"),
                    HasSubstr("no classes"), HasSubstr("expected")));
  const TemporaryFolder masks;
  add_images(masks, "images", 3);
  add_images(masks, "masks", 3);
  EXPECT_THAT(error_of([&] { load(masks.path()); }), HasSubstr("'images', 'masks' are no classes"));
  const TemporaryFolder loose;
  add_images(loose, ".", 3);
  EXPECT_THAT(error_of([&] { load(loose.path()); }), HasSubstr("3 images lie directly in it"));
  const TemporaryFolder wrapped;
  add_images(wrapped, "2750/Forest", 2);
  add_images(wrapped, "2750/River", 2);
  EXPECT_THAT(error_of([&] { load(wrapped.path()); }), HasSubstr("2750 for the data?"));
}

TEST(ClassFolders, BesideThePartsAreNamed) {
  const TemporaryFolder folder;
  for (const char* name : {"train/a", "train/b", "extra"}) add_images(folder, name, 2);
  EXPECT_THAT(load(folder.path()).notices, ElementsAre(HasSubstr("extra: not read")));
}

TEST(ClassFolders, OfAClassThatAPartLacksAreTold) {
  const TemporaryFolder folder;
  for (const char* name : {"train/Forest", "train/Sea_Lake", "test/Forest", "test/SeaLake"}) {
    add_images(folder, name, 2);
  }
  EXPECT_THAT(load(folder.path()).notices,
              ElementsAre(AllOf(HasSubstr("1 classes without train images, such as 'SeaLake'"),
                                HasSubstr("1 classes without test images, such as 'Sea Lake'"))));
}

TEST(ClassFolders, OfImageNetTakeTheirNamesFromItsList) {
  const TemporaryFolder folder;
  for (const char* id : {"n02108915", "n03773504", "n04008634"}) {
    add_images(folder, fs::path("imagenet/images/train") / id, 2);
    add_images(folder, fs::path("imagenet/images/val") / id, 1);
  }
  EXPECT_THAT(load(folder / "imagenet").notices, ElementsAre(HasSubstr("WordNet ids")));
  folder.file("imagenet/classnames.txt",
              "n02108915 French bulldog\nn03773504 missile\nn04008634 missile\nn09999999 other\n");
  const Dataset dataset = load(folder / "imagenet");
  EXPECT_THAT(dataset.class_names, ElementsAre("French bulldog", "missile", "missile"));
  EXPECT_THAT(dataset.notices, ElementsAre(HasSubstr("'missile' stands for 2 classes")));
  EXPECT_EQ(dataset.test.back().label, 2);
  EXPECT_EQ(dataset.orientation, Orientation::kAsStored);
}

TEST(ClassFolders, TakeNamesFromAFile) {
  const TemporaryFolder folder;
  add_images(folder, "data/1", 4);
  add_images(folder, "data/2", 4);
  const auto names = [&](const std::string& text) {
    return load_dataset(folder / "data", {.class_names = folder.file("names", text)}).class_names;
  };
  EXPECT_THAT(names("2 fire lily\n1\tpink_primrose\n"), ElementsAre("pink primrose", "fire lily"));
  EXPECT_THAT(names("{\"1\": \"rose\", \"2\": \"lily\"}"), ElementsAre("rose", "lily"));
  EXPECT_THAT(names("rose\nlily\n"), ElementsAre("rose", "lily"));
  EXPECT_THAT(error_of([&] { names("1 rose\n"); }), HasSubstr("no name for the folder '2'"));
  EXPECT_THAT(error_of([&] { names("rose\nlily\nfox\n"); }), HasSubstr("(3 lines)"));
}

TEST(ClassFolders, MayAllBeTested) {
  const TemporaryFolder folder;
  add_images(folder, "a", 10);
  add_images(folder, "b", 10);
  const Dataset dataset = load_dataset(folder.path(), {.whole = true});
  EXPECT_THAT(dataset.test, SizeIs(20));
  EXPECT_THAT(dataset.train, IsEmpty());
}

TEST(ClassFolders, MayHoldFoldersOfImages) {
  const TemporaryFolder folder;
  add_images(folder, "cat/young", 3);
  add_images(folder, "cat/old", 3);
  add_images(folder, "dog", 3);
  EXPECT_THAT(paths_of_all(load(folder.path())), SizeIs(9));
}

TEST(ClassFolders, BelowTrainValAndTestStayDivided) {
  const TemporaryFolder folder;
  for (const char* name : {"train/b/2.png", "train/b/1.PNG", "train/a/1.jpeg", "validation/a/3.bmp",
                           "test/b/4.webp", "test/c/5.jpg"}) {
    folder.file(name, "");
  }
  const Dataset dataset = load(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(texts(dataset.train, folder.path()),
              ElementsAre("0 train/a/1.jpeg", "1 train/b/1.PNG", "1 train/b/2.png"));
  EXPECT_THAT(texts(dataset.val, folder.path()), ElementsAre("0 validation/a/3.bmp"));
  EXPECT_THAT(texts(dataset.test, folder.path()), ElementsAre("1 test/b/4.webp", "2 test/c/5.jpg"));
}

TEST(ClassFolders, WithoutTestAreTestedOnVal) {
  const TemporaryFolder folder;
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "val/a/2.jpg"}) folder.file(name, "");
  const Dataset dataset = load(folder.path());
  EXPECT_EQ(dataset.test, dataset.val);
  EXPECT_THAT(dataset.test, SizeIs(1));
}

TEST(ClassFolders, AClassMayBeCalledTrain) {
  const TemporaryFolder folder;
  add_images(folder, "train", 4);
  add_images(folder, "tram", 4);
  EXPECT_THAT(load(folder.path()).class_names, ElementsAre("train", "tram"));
}

TEST(ClassFolders, KeepNamesBeyondAscii) {
  const TemporaryFolder folder;
  add_images(folder, "Bär", 2);
  add_images(folder, "猫", 2);
  EXPECT_THAT(load(folder.path()).class_names, ElementsAre("Bär", "猫"));
}

TEST(ClassFolders, DefectsAreNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { load(folder / "none"); }), HasSubstr("none: no such folder"));
  EXPECT_THAT(error_of([&] { load(folder.path()); }), HasSubstr("no images found"));
  add_images(folder, "cat", 3);
  EXPECT_THAT(error_of([&] { load(folder.path()); }), HasSubstr("one class only ('cat')"));
  add_images(folder, "big_cat", 3);
  add_images(folder, "big cat", 3);
  EXPECT_THAT(error_of([&] { load(folder.path()); }), HasSubstr("both called 'big cat'"));
}

TEST(ClassFolders, NamesThatAreNotUtf8AreRefused) {
  const TemporaryFolder folder;
  add_images(folder, "B\xE4r", 2);
  add_images(folder, "cat", 2);
  EXPECT_THAT(error_of([&] { load(folder.path()); }), HasSubstr("not UTF-8"));
}

// CoOp's split file

constexpr std::string_view kSplit = R"({"train": [["x/2.jpg", 1, "red_fox"], ["x/1.jpg", 0, "cat"]],
  "val": [["x/3.jpg", 0, "cat"]], "test": [["x/4.jpg", 1, "red_fox"]]})";

TEST(SplitFile, IsReadInItsOrder) {
  const TemporaryFolder folder;
  const Dataset dataset =
      load_dataset(folder.path(), {.split = folder.file("split_zhou_Animals.json", kSplit)});
  EXPECT_EQ(dataset.name, "Animals");
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "red fox"));
  EXPECT_THAT(texts(dataset.train, folder.path()), ElementsAre("1 x/2.jpg", "0 x/1.jpg"));
  EXPECT_THAT(texts(dataset.val, folder.path()), ElementsAre("0 x/3.jpg"));
  EXPECT_THAT(texts(dataset.test, folder.path()), ElementsAre("1 x/4.jpg"));
}

TEST(SplitFile, FindsTheFolderToWhichItsPathsBelong) {
  for (const char* root : {".", "images", "animals/2750"}) {
    const TemporaryFolder folder;
    const fs::path split = folder.file("split.json", kSplit);
    folder.file(fs::path("other") / "more" / "y.jpg", "");
    folder.file(fs::path(root) / "x" / "4.jpg", "");  // the others are missing
    const Dataset dataset = load_dataset(folder.path(), {.split = split});
    EXPECT_TRUE(fs::exists(dataset.test.front().image.path())) << dataset.test.front().image.path();
  }
}

TEST(SplitFile, MayStandForTheDataBesideItsImages) {
  const TemporaryFolder folder;
  const Dataset dataset = load(folder.file("split.json", kSplit));
  EXPECT_EQ(dataset.test.front().image.path(), folder / "x/4.jpg");
}

std::string error_of_split(const std::string& text) {
  const TemporaryFolder folder;
  const fs::path file = folder.file("split.json", text);
  const std::string message = error_of([&] { load_dataset(folder.path(), {.split = file}); });
  EXPECT_THAT(message, HasSubstr("split.json"));
  return message;
}

TEST(SplitFile, DefectsAreNamed) {
  EXPECT_THAT(error_of_split("{\"train\": [[\"a\""), HasSubstr("JSON"));
  EXPECT_THAT(error_of_split("[1, 2]"), HasSubstr("train, val and test"));
  EXPECT_THAT(error_of_split("{}"), HasSubstr("no images"));
  EXPECT_THAT(error_of_split("{\n\"annotations\": []}"), HasSubstr("the key 'annotations'"));
  EXPECT_THAT(error_of_split(R"({"train": 3})"), HasSubstr("train is not a list"));
  EXPECT_THAT(error_of_split(R"({"test": [["a", 0, "x"], ["b", "1", "y"]]})"),
              HasSubstr("test[1]: expected [path, label, class name]"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", -1, "x"]]})"), HasSubstr("label -1 out of range"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, "x"], ["b", 4000000000000, "y"]]})"),
              HasSubstr("label 4000000000000 out of range"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, "x"], ["b", 18446744073709551615, "y"]]})"),
              HasSubstr("out of range"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, "x"], ["b", 2, "y"], ["c", 2, "y"]]})"),
              HasSubstr("label 1 has no image"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, "x"], ["b", 0, "y"]]})"),
              HasSubstr("label 0 is called 'y', before 'x'"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, "x"]]})"), HasSubstr("one class only"));
  EXPECT_THAT(error_of_split(R"({"train": [["a", 0, ""]]})"), HasSubstr("empty class name"));
}

TEST(SplitFile, MayCallTwoLabelsTheSame) {
  const TemporaryFolder folder;
  const fs::path split =
      folder.file("split.json", R"({"train": [["a", 0, "x"], ["b", 1, "x"]], "valid": []})");
  const Dataset dataset = load_dataset(folder.path(), {.split = split});
  EXPECT_THAT(dataset.class_names, ElementsAre("x", "x"));
  EXPECT_THAT(dataset.notices, ElementsAre(HasSubstr("'x' stands for 2 classes")));
}

TEST(SplitFile, ItsImagesAreReadAsStoredOthersUpright) {
  const TemporaryFolder folder;
  const fs::path split = folder.file("split.json", kSplit);
  EXPECT_EQ(load(split).test.front().image.orientation(), Orientation::kAsStored);
  const Dataset upright = load_dataset(split, {.orientation = Orientation::kUpright});
  EXPECT_EQ(upright.test.front().image.orientation(), Orientation::kUpright);
  const fs::path table = folder.file("t.csv", "a.jpg,cat\nb.jpg,dog\n");
  EXPECT_EQ(load(table).train.front().image.orientation(), Orientation::kUpright);
}

TEST(SplitFile, NamesAMissingListAndAMissingRoot) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { load_dataset(folder.path(), {.split = folder / "none.json"}); }),
              HasSubstr("none.json"));
  const fs::path split = folder.file("split.json", kSplit);
  EXPECT_THAT(error_of([&] { load_dataset(folder / "none", {.split = split}); }),
              HasSubstr("none: not a folder"));
}

// Tables

Dataset load_table(const std::string& text) {
  const TemporaryFolder folder;
  Dataset dataset = load(folder.file("table.csv", text));
  for (auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (Item& item : *items) item.image = item.image.path().lexically_relative(folder.path());
  }
  return dataset;
}

TEST(Table, WithSubsetsKeepsItsOrderAndNumbersSortedLabels) {
  const Dataset dataset =
      load_table("b.jpg,dog,train\na.jpg,cat,train\n\"c, d.jpg\",cat,val\ne.jpg,dog,TEST\n");
  EXPECT_EQ(dataset.name, "table");
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(dataset.train, ElementsAre(Item{"b.jpg", 1}, Item{"a.jpg", 0}));
  EXPECT_THAT(dataset.val, ElementsAre(Item{"c, d.jpg", 0}));
  EXPECT_THAT(dataset.test, ElementsAre(Item{"e.jpg", 1}));
}

TEST(Table, HeaderGivesTheOrderOfColumns) {
  const Dataset dataset = load_table(
      "\xEF\xBB\xBFSubset,Note,Label,Path\r\ntest,x,red_fox,a.jpg\r\ntrain,y,cat,b.jpg\r\n");
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "red fox"));
  EXPECT_THAT(dataset.test, ElementsAre(Item{"a.jpg", 1}));
  EXPECT_THAT(dataset.train, ElementsAre(Item{"b.jpg", 0}));
}

TEST(Table, WithoutSubsetsIsDividedFiftyTwentyThirty) {
  std::string text = "path,label\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + ".jpg," + (i % 2 ? "cat" : "dog") + "\n";
  const Dataset dataset = load_table(text);
  EXPECT_THAT(dataset.train, SizeIs(10));
  EXPECT_THAT(dataset.val, SizeIs(4));
  EXPECT_THAT(dataset.test, SizeIs(6));
}

TEST(Table, OrdersNumbersAsNumbers) {
  EXPECT_THAT(load_table("a.jpg,10\nb.jpg,9\nc.jpg,100\n").class_names,
              ElementsAre("9", "10", "100"));
}

TEST(Table, ItsColumnsGoByTheNamesThatPeopleUse) {
  for (const char* text :
       {"file_name,label\na.jpg,cat\nb.jpg,red_fox\n",
        "image_path,class_name\na.jpg,cat\nb.jpg,red fox\n",
        ",path,label\n0,a.jpg,cat\n1,b.jpg,red_fox\n",
        "\tpath\tlabel\n0\ta.jpg\tcat\n1\tb.jpg\tred_fox\n",
        " \n\r\n\t\npath,label\n \na.jpg,cat\nb.jpg,red_fox\n",
        "path;label\na.jpg;cat\nb.jpg;red_fox\n", "Image\tCategory\na.jpg\tcat\nb.jpg\tred_fox\n",
        "a.jpg cat\nb.jpg red_fox\n", "label,class_name,path\n0,cat,a.jpg\n1,red fox,b.jpg\n",
        "{\"file_name\": \"a.jpg\", \"label\": \"cat\"}\n"
        "{\"file_name\": \"b.jpg\", \"label\": \"red_fox\"}\n"}) {
    const Dataset dataset = load_table(text);
    EXPECT_THAT(dataset.class_names, ElementsAre("cat", "red fox")) << text;
    EXPECT_THAT(dataset.train, ElementsAre(Item{"a.jpg", 0}, Item{"b.jpg", 1})) << text;
  }
}

TEST(Table, MayBeUtf16) {
  std::string text = "\xFF\xFE";
  for (const char c : std::string_view("path,label\na.jpg,cat\nb.jpg,dog\n")) {
    text += c;
    text += '\0';
  }
  EXPECT_THAT(load_table(text).class_names, ElementsAre("cat", "dog"));
}

TEST(Table, MayHaveWindowsPathsAndAnyNamesOfParts) {
  const Dataset dataset =
      load_table("file_name,label,split\nimg\\a.jpg,cat,Training\nimg\\b.jpg,dog,valid\n");
  EXPECT_THAT(dataset.train, ElementsAre(Item{"img/a.jpg", 0}));
  EXPECT_THAT(dataset.val, ElementsAre(Item{"img/b.jpg", 1}));
}

TEST(Table, TellsColumnsThatAreNotRead) {
  EXPECT_THAT(load_table("path,label,weight\na.jpg,cat,1\nb.jpg,dog,2\n").notices,
              ElementsAre("columns that are not read: weight"));
}

TEST(Table, KeepsWordNetIdsOfOneNameApart) {
  const Dataset dataset =
      load_table("n03773504/a.jpg,missile\nn04008634/b.jpg,missile\nn03773504/c.jpg,missile\n");
  EXPECT_THAT(dataset.class_names, ElementsAre("missile", "missile"));
}

TEST(Table, OfAnotherKindIsRefusedWithWhatWasFound) {
  const auto message = [](const std::string& text) { return error_of([&] { load_table(text); }); };
  EXPECT_THAT(message("id,breed\n000bec180,boston_bull\n"),
              AllOf(HasSubstr("table.csv:1: 'id,breed'"), HasSubstr("expected a header")));
  EXPECT_THAT(message("cat,a.jpg\ndog,b.jpg\n"), HasSubstr("table.csv:1: 'cat,a.jpg'"));
  EXPECT_THAT(message("PK\3\4..."), HasSubstr("a zip archive: unpack it first"));
  EXPECT_THAT(message("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("git lfs pull"));
  EXPECT_THAT(message("<!DOCTYPE html>"), HasSubstr("a web page"));
  EXPECT_THAT(message("path,label\na.jpg,M\xFCller\n"), HasSubstr("table.csv:2: not UTF-8"));
}

TEST(Table, BesideTheImagesOfAFolderIsFound) {
  const TemporaryFolder folder;
  for (const char* name : {"a.jpg", "b.jpg"}) folder.file(name, "");
  folder.file("metadata.csv", "file_name,label\na.jpg,cat\nb.jpg,dog\n");
  EXPECT_THAT(load(folder.path()).class_names, ElementsAre("cat", "dog"));
}

TEST(Table, MayBeGivenAsTheSplit) {
  const TemporaryFolder folder;
  folder.file("images/a.jpg", "");
  const Dataset dataset = load_dataset(
      folder.path(), {.split = folder.file("lists/t.csv", "a.jpg,cat,test\nb.jpg,dog,test\n")});
  EXPECT_EQ(dataset.test.front().image.path(), folder / "images/a.jpg");
}

TEST(Table, DefectsNameTheLine) {
  const auto message = [](const std::string& text) { return error_of([&] { load_table(text); }); };
  EXPECT_THAT(message(""), HasSubstr("table.csv: no images"));
  EXPECT_THAT(message("path,label\n"), HasSubstr("table.csv: no images"));
  EXPECT_THAT(message("a.jpg,cat\nb\n"), HasSubstr("table.csv:2: 1 fields"));
  EXPECT_THAT(message("a.jpg,cat\nb,dog,train\n"), HasSubstr("table.csv:2: 3 fields"));
  EXPECT_THAT(message("a.jpg,cat,train\nb,dog,tset\n"), HasSubstr("table.csv:2: subset 'tset'"));
  EXPECT_THAT(message("a.jpg,cat\n,dog\n"), HasSubstr("table.csv:2: an empty path"));
  EXPECT_THAT(message("a.jpg,cat\nb, \n"), HasSubstr("table.csv:2: an empty label"));
  EXPECT_THAT(message("a.jpg,cat\nb,cat\n"), HasSubstr("one class only"));
  EXPECT_THAT(message("a.jpg,_\nb,cat\n"), HasSubstr("blank"));
  EXPECT_THAT(message("only one column\n"), HasSubstr("table.csv:1: 'only one column'"));
}

// Needed files

TEST(RequireFiles, NamesTheFirstMissingOneAndCountsTheRest) {
  const TemporaryFolder folder;
  const std::vector<Item> items{
      {folder.file("a.jpg", ""), 0}, {folder / "b.jpg", 0}, {folder / "c.jpg", 1}};
  EXPECT_NO_THROW(require_files(std::span(items).first(1)));
  EXPECT_THAT(error_of([&] { require_files(items); }),
              AllOf(HasSubstr("b.jpg: missing image"), HasSubstr("1 more of the 3")));
}

std::vector<Item> images_in_memory(const std::vector<int>& labels) {
  static const std::byte nothing{};
  std::vector<Item> items;
  for (const int label : labels) {
    const std::string name = "picture " + std::to_string(items.size());
    items.push_back({ImageSource::encoded({&nothing, 1}, name), label});
  }
  return items;
}

TEST(ImagesAtHand, HoldOutAShareOfEveryClassAndLearnFromTheRest) {
  std::vector<int> labels(10, 1);
  labels.insert(labels.end(), {0, 0, 0, 0, 0});
  const Dataset dataset = dataset_of(images_in_memory(labels), {"cat", "dog"}, 0.2, 3);
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(dataset.train, SizeIs(4 + 8));
  EXPECT_THAT(dataset.val, SizeIs(1 + 2));
  EXPECT_THAT(dataset.test, IsEmpty());
  std::set<std::string> names;
  for (const auto& part : {dataset.train, dataset.val}) {
    for (const Item& item : part) names.insert(item.image.name());
  }
  EXPECT_THAT(names, SizeIs(15));
  EXPECT_EQ(dataset_of(images_in_memory(labels), {"cat", "dog"}, 0.2, 3).val, dataset.val);
}

TEST(ImagesAtHand, LeaveOneToLearnFrom) {
  const Dataset dataset = dataset_of(images_in_memory({0, 1}), {"cat", "dog"}, 0.9);
  EXPECT_THAT(dataset.train, SizeIs(2));
  EXPECT_THAT(dataset.val, IsEmpty());
}

TEST(ImagesAtHand, AreRefusedWhereAClassHasNoneOrALabelIsNone) {
  EXPECT_THAT(error_of([] {
                dataset_of(images_in_memory({0, 0}), {"cat", "dog"});
              }),
              HasSubstr("class dog has no images"));
  EXPECT_THAT(error_of([] {
                dataset_of(images_in_memory({0, 2}), {"cat", "dog"});
              }),
              AllOf(HasSubstr("picture 1"), HasSubstr("label 2, expected 0 to 1")));
  EXPECT_THAT(error_of([] { dataset_of(images_in_memory({0}), {"cat"}); }),
              HasSubstr("1 classes, expected at least 2"));
  EXPECT_THAT(error_of([] {
                dataset_of(images_in_memory({0, 1}), {"cat", "dog"}, 1);
              }),
              HasSubstr("expected 0 to below 1"));
}

}  // namespace
}  // namespace qprompt

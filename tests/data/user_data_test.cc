// Folders, tables and lists as people have them: each kind understood or refused, none misread.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset.h"
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

class UserData : public ::testing::Test {
 protected:
  void add(const fs::path& below, int count = 2) const {
    for (int i = 0; i < count; ++i) folder.file(below / (std::to_string(i) + ".jpg"), "not read");
  }
  std::string error() const {
    return error_of([&] { load_dataset(folder.path()); });
  }
  Dataset table(const std::string& text) const {
    return load_dataset(folder.file("table.csv", text));
  }
  std::vector<std::string> named(const std::string& names) const {
    return load_dataset(folder / "data", {.class_names = folder.file("names", names)}).class_names;
  }
  static std::vector<std::string> doubts(const std::vector<std::string>& names) {
    return doubts_about_names(names);
  }

  const TemporaryFolder folder;
};

// Folders

TEST_F(UserData, PartsThatHoldImagesAndNoClassFoldersAreRefused) {
  add("train");
  add("test");
  EXPECT_THAT(error(), AllOf(HasSubstr("'test', 'train' hold images and no class folders"),
                             HasSubstr("a table")));
}

TEST_F(UserData, ClassFoldersThatHoldFoldersAreTold) {
  for (const char* name : {"animals/cat", "animals/dog", "plants/rose", "plants/lily", "rocks"}) {
    add(name);
  }
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("animals", "plants", "rocks"));
  EXPECT_THAT(dataset.notices,
              ElementsAre(AllOf(HasSubstr("2 class folders hold folders"), HasSubstr("animals"))));
}

TEST_F(UserData, AnEmptyFolderDoesNotHideThatFoldersRepeat) {
  for (const char* name : {"photo/cat", "photo/dog", "sketch/cat", "sketch/dog"}) add(name);
  fs::create_directory(folder / "docs");
  EXPECT_THAT(error(), HasSubstr("hold folders of the same names ('cat', 'dog')"));
}

TEST_F(UserData, AnEmptyFolderBesideClassesWithPartsIsTold) {
  for (const char* name : {"cat/train", "cat/test", "dog/train", "dog/test"}) add(name);
  fs::create_directory(folder / "fox");
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(dataset.notices, ElementsAre(HasSubstr("fox: empty, no class")));
}

TEST_F(UserData, LinksThatLeadBackAreNotFollowed) {
  add("cat");
  add("dog");
  fs::create_directory_symlink("..", folder / "cat/up");
  fs::create_directory_symlink(".", folder / "whole");
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(images_of(dataset), 4u);
  EXPECT_EQ(dataset.ignored.at("links that lead back"), 1);
}

TEST_F(UserData, WhatArchivesAndDisksAddIsNoData) {
  add("photos/cat");
  add("photos/dog");
  add("photos/cat/@eaDir");
  add("__MACOSX/photos/cat");
  EXPECT_THAT(error(), HasSubstr("photos for the data?"));
  EXPECT_EQ(images_of(load_dataset(folder / "photos")), 4u);
}

TEST_F(UserData, ATableBesideOneFolderIsReadBesideClassFoldersItIsTold) {
  add("images");
  folder.file("metadata.csv", "file_name,label\nimages/0.jpg,cat\nimages/1.jpg,dog\n");
  EXPECT_THAT(load_dataset(folder.path()).class_names, ElementsAre("cat", "dog"));
  add("more");
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_THAT(dataset.class_names, ElementsAre("images", "more"));
  EXPECT_THAT(dataset.notices, ElementsAre(HasSubstr("metadata.csv: not read")));
}

// Names of folders

TEST_F(UserData, AListNamesFoldersThatAreNumbersInTheirOrder) {
  std::string names;
  for (int i = 0; i < 11; ++i) {
    add("data/" + std::to_string(i));
    names += "class " + std::to_string(i) + "\n";
  }
  EXPECT_THAT(named(names),
              ElementsAre("class 0", "class 1", "class 10", "class 2", "class 3", "class 4",
                          "class 5", "class 6", "class 7", "class 8", "class 9"));
}

TEST_F(UserData, NamesGoToFoldersWithSpacesAndInAnyNotation) {
  add("data/red fox");
  add("data/Cafe\u0301");
  EXPECT_THAT(named("red fox: Vulpes vulpes\nCaf\u00e9,coffee shop\n"),
              ElementsAre("coffee shop", "Vulpes vulpes"));
  EXPECT_THAT(named("{\"red fox\": \"Vulpes\", \"Caf\u00e9\": \"shop\"}"),
              ElementsAre("shop", "Vulpes"));
  EXPECT_THAT(error_of([&] { named("red fox: a\nCaf\u00e9: b\nred fox: c\n"); }),
              HasSubstr("'red fox' is called 'a' and 'c'"));
}

// Tables

TEST_F(UserData, ATableMayQuoteWithAnySeparatorAndLeaveBlanks) {
  for (const char* text :
       {"\"path\";\"label\"\n\"a.jpg\";\"cat\"\n\"b.jpg\";\"dog\"\n",
        " path , label \n a.jpg , cat\n \n b.jpg , dog\n", "label, path\ncat, a.jpg\ndog, b.jpg\n",
        "\"a.jpg\"|\"cat\"\n\"b.jpg\"|\"dog\"\n"}) {
    const Dataset dataset = table(text);
    EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog")) << text;
    EXPECT_EQ(dataset.train.front().image.path(), folder / "a.jpg") << text;
  }
}

TEST_F(UserData, ATableMayMixBothSlashes) {
  EXPECT_EQ(table("path,label\nimg/x\\a.jpg,cat\nb.jpg,dog\n").train.front().image.path(),
            folder / "img/x/a.jpg");
}

constexpr char kCranes[] =
    "image,label_id,label_name\na.jpg,0,crane\nb.jpg,0,crane\nc.jpg,1,crane\nd.jpg,1,crane\n";

TEST_F(UserData, NumbersOfClassesKeepEqualNamesApart) {
  const Dataset cranes = table(kCranes);
  EXPECT_THAT(cranes.class_names, ElementsAre("crane", "crane"));
  EXPECT_THAT(cranes.notices, ElementsAre(HasSubstr("'crane' stands for 2 classes")));
  std::string lines;
  for (const char* row : {"a.jpg\", \"label\": 0", "b.jpg\", \"label\": 0", "c.jpg\", \"label\": 1",
                          "d.jpg\", \"label\": 1"}) {
    lines += std::string("{\"image\": \"") + row + ", \"class_name\": \"crane\"}\n";
  }
  EXPECT_THAT(table(lines).class_names, ElementsAre("crane", "crane"));
}

TEST_F(UserData, NumbersThatAreNotThoseOfClassesAreNotRead) {
  const auto unread = ::testing::Contains(HasSubstr("not read: target"));
  const Dataset scores = table("path,label,target\na.jpg,cat,3\nb.jpg,dog,3\n");
  EXPECT_THAT(scores.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(scores.notices, unread);
  const Dataset rows = table("path,label,target\na.jpg,cat,1\nb.jpg,cat,2\nc.jpg,dog,3\n");
  EXPECT_THAT(rows.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(rows.notices, unread);
}

TEST_F(UserData, ImagesThatAreListedAgainAreTold) {
  const std::string once = "path,label,split\na.jpg,cat,train\nb.jpg,dog,train\n";
  EXPECT_THAT(table(once + "c.jpg,cat,test\nd.jpg,dog,test\n").notices, IsEmpty());
  EXPECT_THAT(table(once + "a.jpg,cat,test\nb.jpg,cat,test\nc.jpg,dog,test\n").notices,
              ElementsAre(AllOf(HasSubstr("2 images are listed again, such as "),
                                HasSubstr("a.jpg; 1 of them with another class"))));
}

// Split files

TEST_F(UserData, ASplitMayWriteAClassInTwoNotations) {
  const std::string split =
      folder.file("split.json",
                  "{\"train\": [[\"a\", 0, \"Cafe\u0301\"], [\"b\", 1, \"red_fox\"]],"
                  "\"test\": [[\"c\", 0, \"Caf\u00e9\"], [\"d\", 1, \"red fox\"]]}");
  EXPECT_THAT(load_dataset(split).class_names, ElementsAre("Caf\u00e9", "red fox"));
}

TEST_F(UserData, ASplitThatHasAPartTwiceIsRefused) {
  const std::string split =
      folder.file("split.json", "{\"val\": [[\"a\", 0, \"x\"]], \"valid\": [[\"b\", 1, \"y\"]]}");
  EXPECT_THAT(error_of([&] { load_dataset(split); }),
              HasSubstr("both 'val' and 'valid' are its val part"));
}

// Lists of names

TEST_F(UserData, AListOfNamesThatIsAnotherFileIsRefused) {
  const auto message = [&](const std::string& text) {
    return error_of([&] { read_class_names(folder.file("names.txt", text)); });
  };
  EXPECT_THAT(message("[\"rose\",\n\"lily\"]\n"), HasSubstr("names.txt: JSON"));
  EXPECT_THAT(message("{\n\"0\": \"rose\",\n\"1\": \"lily\"\n}\n"), HasSubstr("names.txt: JSON"));
  EXPECT_THAT(message("<!DOCTYPE html>\n<html>\n"), HasSubstr("a web page"));
  EXPECT_THAT(message("version https://git-lfs.github.com/spec/v1\noid x\n"),
              HasSubstr("a Git LFS pointer"));
  EXPECT_THAT(read_class_names(folder.file("signs", "[\n]\n{\n")), ElementsAre("[", "]", "{"));
}

TEST_F(UserData, NamesWithWhatBelongsToAnotherFileAreTold) {
  EXPECT_THAT(doubts({"0 rose", "1,lily"}), ElementsAre(HasSubstr("begin with a number")));
  EXPECT_THAT(doubts({"7 up", "lily"}), IsEmpty());
  EXPECT_THAT(doubts({"n02108915 French bulldog", "cat"}), ElementsAre(HasSubstr("WordNet ids")));
  EXPECT_THAT(doubts({"- rose", "- lily"}), ElementsAre(HasSubstr("have signs around them")));
  EXPECT_THAT(doubts({"\"rose\"", "lily"}), ElementsAre(HasSubstr("1 of 2 class names")));
  EXPECT_THAT(doubts({"class name", "lily"}), ElementsAre(HasSubstr("taken for a class name")));
}

}  // namespace
}  // namespace qprompt

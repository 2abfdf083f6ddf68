// One's own split: made once, read by everyone.

#include "qprompt/data/split_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TemporaryFolder;

void add_images(const TemporaryFolder& folder, std::vector<std::string> names) {
  for (const std::string& name : names) folder.file(name, "not read");
}

std::vector<std::string> some_names() {
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) {
    names.push_back("red_fox/" + std::to_string(i) + ".jpg");
    names.push_back("Löwe/" + std::to_string(i) + " (1).JPG");
  }
  return names;
}

TEST(OwnSplit, ReadBackIsTheSameDataSet) {
  const TemporaryFolder folder;
  add_images(folder, some_names());
  const Dataset divided = load_dataset(folder.path(), {.seed = 3});
  const fs::path file = folder.file("split.json", split_text(divided, folder.path()));
  for (const Dataset& read : {load_dataset(folder.path(), {.split = file}), load_dataset(file)}) {
    EXPECT_EQ(read.class_names, divided.class_names);
    EXPECT_EQ(read.train, divided.train);  // with the camera's orientation, as one's own images
    EXPECT_EQ(read.val, divided.val);
    EXPECT_EQ(read.test, divided.test);
    EXPECT_FALSE(read.divided_here);
  }
}

TEST(OwnSplit, IsTheSameWhereverAndInWhicheverOrderTheImagesWereWritten) {
  const TemporaryFolder here, there;
  std::vector<std::string> names = some_names();
  add_images(here, names);
  std::ranges::reverse(names);
  add_images(there, names);
  const auto text = [](const fs::path& folder, std::uint64_t seed) {
    return split_text(load_dataset(folder, {.seed = seed}), folder);
  };
  EXPECT_EQ(text(here.path(), 1), text(there.path(), 1));
  EXPECT_NE(text(here.path(), 1), text(here.path(), 2));
}

TEST(OwnSplit, IsWrittenAsThePublishedOnesAre) {
  const TemporaryFolder folder;
  add_images(folder, {"Löwe/1.jpg", "red_fox/1.jpg"});
  EXPECT_THAT(split_text(load_dataset(folder.path()), folder.path()),
              StartsWith("{\n    \"train\": [\n        [\n            \"L\\u00f6we/1.jpg\",\n"
                         "            0,\n            \"L\\u00f6we\"\n        ],\n"));
}

TEST(OwnSplit, OfATableKeepsItsPaths) {
  const TemporaryFolder folder;
  std::string table = "path,label\n";
  for (int i = 0; i < 8; ++i) {
    const std::string name = "images/" + std::to_string(i) + ".jpg";
    add_images(folder, {name});
    table += name + (i % 2 == 0 ? ",cat\n" : ",dog\n");
  }
  const Dataset divided = load_dataset(folder.file("t.csv", table));
  const auto split = nlohmann::json::parse(split_text(divided, folder.path()));
  EXPECT_THAT(split.at("train").at(0).at(0).get<std::string>(), StartsWith("images/"));
}

TEST(OwnSplit, ThatWouldHoldOnOneMachineOnlyIsRefused) {
  const TemporaryFolder folder;
  add_images(folder, {"photos/a/1.jpg", "photos/b/1.jpg"});
  const Dataset dataset = load_dataset(folder / "photos");
  EXPECT_THAT(error_of([&] { split_text(dataset, folder / "elsewhere"); }),
              AllOf(HasSubstr("1.jpg: lies outside of"), HasSubstr("elsewhere")));
  const TemporaryFolder odd;
  add_images(odd, {"a/\xFF.jpg", "b/1.jpg"});
  EXPECT_THAT(error_of([&] { split_text(load_dataset(odd.path()), odd.path()); }),
              HasSubstr("not UTF-8"));
}

TEST(OwnSplit, MayHaveOtherFractions) {
  const TemporaryFolder folder;
  add_images(folder, some_names());
  const auto sizes = [&](const Fractions& fractions) {
    return sizes_of(load_dataset(folder.path(), {.fractions = fractions}));
  };
  EXPECT_EQ(sizes({0.8, 0.1, 0.1}), (PartSizes{32, 4, 4}));
  EXPECT_EQ(sizes({0.7, 0, 0.3}), (PartSizes{28, 0, 12}));
  EXPECT_EQ(sizes({0.7, 0.3, 0}), (PartSizes{28, 12, 0}));
  EXPECT_EQ(sizes({1, 0, 0}), (PartSizes{40, 0, 0}));
  EXPECT_EQ(sizes({0.34, 0.66, 0}), (PartSizes{14, 26, 0}));  // what rounding leaves is no test
  for (const Fractions& wrong :
       {Fractions{0.5, 0.2, 0.2}, {0, 0.5, 0.5}, {1.5, -0.5, 0}, {0.5, -0.2, 0.7}}) {
    EXPECT_THAT(error_of([&] { sizes(wrong); }), HasSubstr("a sum of 1"));
  }
}

TEST(OwnSplit, SaysWhetherImagesAreReadUpright) {
  const TemporaryFolder folder;
  const auto orientation = [&](const std::string& more) {
    const fs::path file = folder.file(
        "split.json", "{\"train\": [[\"a.jpg\", 0, \"a\"], [\"b.jpg\", 1, \"b\"]]" + more + "}");
    return load_dataset(file).train.front().image.orientation();
  };
  EXPECT_EQ(orientation(""), Orientation::kAsStored);
  EXPECT_EQ(orientation(", \"exif\": true"), Orientation::kUpright);
  EXPECT_EQ(orientation(", \"exif\": false"), Orientation::kAsStored);
  EXPECT_THAT(error_of([&] { orientation(", \"exif\": 6"); }), HasSubstr("exif is 6"));
}

// Tables, too, may hold two data sets that name one class differently.
TEST(OwnSplit, ATableWhosePartsNameOneLabelDifferentlyIsRefusedWithBoth) {
  const TemporaryFolder folder;
  const std::string head = "path,label_id,class_name,split\n";
  const std::string train =
      "a.jpg,0,cat,train\nb.jpg,0,cat,train\nc.jpg,1,dog,train\nd.jpg,1,dog,train\n";
  const auto load = [&](const std::string& test) {
    return load_dataset(folder.file("t.csv", head + train + test));
  };
  EXPECT_THAT(load("e.jpg,1,dog,test\nf.jpg,1,dog,test\n").class_names, SizeIs(2));
  EXPECT_THAT(error_of([&] { load("e.jpg,1,wolf,test\nf.jpg,1,wolf,test\n"); }),
              AllOf(HasSubstr("t.csv:6"), HasSubstr("label_id 1"), HasSubstr("'wolf'"),
                    HasSubstr("'dog'")));
}

}  // namespace
}  // namespace qprompt

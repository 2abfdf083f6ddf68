#include "qprompt/data/few_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "qprompt/core/fields.h"
#include "qprompt/data/python_random.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Item> items(const std::string& prefix, const std::vector<int>& labels) {
  std::vector<Item> items;
  for (const int label : labels) {
    items.push_back(
        {.image = std::filesystem::path(prefix + std::to_string(items.size())), .label = label});
  }
  return items;
}

// `images` of each of the classes, the last class first.
Dataset dataset_of(int classes, int images) {
  std::vector<int> labels;
  Dataset dataset{.name = "letters"};
  for (int i = 0; i < classes; ++i) {
    dataset.class_names.push_back(std::string(1, static_cast<char>('a' + i)));
    labels.insert(labels.end(), images, classes - 1 - i);
  }
  dataset.train = items("train", labels);
  dataset.val = items("val", labels);
  dataset.test = items("test", labels);
  return dataset;
}

std::vector<int> labels_of(const std::vector<Item>& items) {
  std::vector<int> labels;
  for (const Item& item : items) labels.push_back(item.label);
  return labels;
}

TEST(FewShot, TakesShotsOfEveryClassInTheOrderOfFirstAppearance) {
  const FewShot sampled = few_shot(dataset_of(3, 30), 2, 1);
  EXPECT_THAT(labels_of(sampled.dataset.train), ElementsAre(2, 2, 1, 1, 0, 0));
  EXPECT_THAT(sampled.scarce, IsEmpty());
}

TEST(FewShot, DrawsTrainThenValFromOneStream) {
  const Dataset dataset = dataset_of(1, 30);
  const Dataset sampled = few_shot(dataset, 1, 5).dataset;
  PythonRandom random(5);
  EXPECT_EQ(sampled.train.front(), dataset.train[random.sample(30, 1).front()]);
  EXPECT_EQ(sampled.val.front(), dataset.val[random.sample(30, 1).front()]);
}

TEST(FewShot, TakesAtMostFourValidationImagesAndAllTestImages) {
  const Dataset dataset = dataset_of(2, 30);
  const Dataset sampled = few_shot(dataset, 16, 1).dataset;
  EXPECT_THAT(sampled.train, SizeIs(32));
  EXPECT_THAT(sampled.val, SizeIs(8));
  EXPECT_EQ(sampled.test, dataset.test);
}

TEST(FewShot, NeverTakesAnImageTwice) {
  const Dataset sampled = few_shot(dataset_of(4, 25), 25, 3).dataset;
  std::set<std::filesystem::path> paths;
  for (const Item& item : sampled.train) paths.insert(item.image.path());
  EXPECT_THAT(paths, SizeIs(100));
}

TEST(FewShot, TakesAllOfAScarceClassAndSaysSo) {
  Dataset dataset = dataset_of(3, 5);
  dataset.train = items("t", {2, 2, 2, 0, 2});
  const FewShot sampled = few_shot(dataset, 4, 1);
  EXPECT_THAT(labels_of(sampled.dataset.train), ElementsAre(2, 2, 2, 2, 0));
  EXPECT_THAT(sampled.scarce, ElementsAre(ScarceClass{"a", 1}, ScarceClass{"b", 0}));
}

TEST(FewShot, AScarceClassConsumesNoRandomNumbers) {
  Dataset dataset = dataset_of(2, 30);
  const std::vector<Item> expected = few_shot(dataset, 8, 1).dataset.train;
  dataset.class_names.push_back("rare");
  dataset.train.insert(dataset.train.begin(), {.image = "rare", .label = 2});
  std::vector<Item> sampled = few_shot(dataset, 8, 1).dataset.train;
  sampled.erase(sampled.begin());
  EXPECT_EQ(sampled, expected);
}

TEST(FewShot, OfNoShotsIsTheWholeDataset) {
  const Dataset dataset = dataset_of(2, 9);
  for (const int shots : {0, -1}) {
    EXPECT_EQ(few_shot(dataset, shots, 1).dataset.train, dataset.train);
    EXPECT_EQ(few_shot(dataset, shots, 1).dataset.val, dataset.val);
  }
}

TEST(SubsampleClasses, BaseIsTheFirstHalfRoundedUp) {
  const Dataset base = subsample_classes(dataset_of(5, 2), ClassSubset::kBase);
  EXPECT_THAT(base.class_names, ElementsAre("a", "b", "c"));
  EXPECT_THAT(labels_of(base.train), ElementsAre(2, 2, 1, 1, 0, 0));
  EXPECT_EQ(labels_of(base.val), labels_of(base.train));
  EXPECT_EQ(labels_of(base.test), labels_of(base.train));
}

TEST(SubsampleClasses, NewIsTheRestRenumberedFromZero) {
  const Dataset dataset = dataset_of(5, 2);
  const Dataset rest = subsample_classes(dataset, ClassSubset::kNew);
  EXPECT_THAT(rest.class_names, ElementsAre("d", "e"));
  EXPECT_THAT(labels_of(rest.test), ElementsAre(1, 1, 0, 0));
  EXPECT_EQ(rest.test.front().image.path(), dataset.test.front().image.path());
}

TEST(SubsampleClasses, AllIsEverything) {
  const Dataset dataset = dataset_of(5, 2);
  const Dataset all = subsample_classes(dataset, ClassSubset::kAll);
  EXPECT_EQ(all.class_names, dataset.class_names);
  EXPECT_EQ(all.test, dataset.test);
}

TEST(SubsampleClasses, RefusesToLeaveOneClass) {
  EXPECT_THAT(error_of([] { subsample_classes(dataset_of(3, 2), ClassSubset::kNew); }),
              HasSubstr("of its 3 classes 1 would be new"));
}

TEST(SubsampleClasses, HasTheNamesOfTheCommandLine) {
  EXPECT_EQ(enum_from_name<ClassSubset>("base"), ClassSubset::kBase);
  EXPECT_EQ(enum_name(ClassSubset::kNew), "new");
}

TEST(WithClassList, FindsClassesByTheirNamesAsPromptsReadThem) {
  Dataset dataset{.name = "animals", .class_names = {"snow owl", "Red fox"}};
  dataset.test = items("test", {0, 1, 1});
  const Dataset judged = with_class_list(dataset, {"red_fox", "snow_owl", "elk"});
  EXPECT_THAT(judged.class_names, ElementsAre("red_fox", "snow_owl", "elk"));
  EXPECT_THAT(labels_of(judged.test), ElementsAre(1, 0, 0));
  EXPECT_THAT(error_of([&] {
                with_class_list(dataset, {"snow_owl", "elk"});
              }),
              HasSubstr("its class 'Red fox' is not among the 2 classes asked for"));
}

}  // namespace
}  // namespace qprompt

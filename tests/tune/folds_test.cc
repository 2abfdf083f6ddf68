#include "qprompt/tune/folds.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// `images` of each class, in turn: 0 1 2 .. 0 1 2 ..
std::vector<int> labels_of(int classes, int images) {
  std::vector<int> labels(static_cast<std::size_t>(classes * images));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i) % classes;
  return labels;
}

std::set<int> classes_of(const std::vector<Index>& images, const std::vector<int>& labels) {
  std::set<int> classes;
  for (const Index image : images) classes.insert(labels[static_cast<std::size_t>(image)]);
  return classes;
}

std::set<int> as_set(const std::vector<int>& classes) { return {classes.begin(), classes.end()}; }

class FoldsOfEveryShape : public ::testing::TestWithParam<std::tuple<int, int, int>> {};

// Whatever the number of classes, parts and images.
TEST_P(FoldsOfEveryShape, PartClassesAndImages) {
  const auto [classes, parts, images] = GetParam();
  const std::vector<int> labels = labels_of(classes, images);
  const std::vector<int> held_out(static_cast<std::size_t>(classes), images / 4);
  const auto folds = folds_of(labels, held_out, {TuneGoal::kNew, parts, 2, 7});
  ASSERT_EQ(std::ssize(folds), parts * 2);
  for (const Fold& fold : folds) {
    EXPECT_EQ(std::ssize(fold.learned) + std::ssize(fold.novel), classes);
    EXPECT_GE(fold.learned.size(), 2u);
    EXPECT_GE(fold.novel.size(), 2u);
    EXPECT_EQ(classes_of(fold.shots, labels), as_set(fold.learned));
    EXPECT_EQ(classes_of(fold.held_out, labels), as_set(fold.learned));
    EXPECT_EQ(classes_of(fold.unseen, labels), as_set(fold.novel));
    EXPECT_EQ(std::ssize(fold.held_out), std::ssize(fold.learned) * (images / 4));
    std::vector<Index> all = fold.shots;
    for (const auto* more : {&fold.held_out, &fold.unseen}) {
      all.insert(all.end(), more->begin(), more->end());
    }
    std::ranges::sort(all);
    std::vector<Index> each(labels.size());
    std::iota(each.begin(), each.end(), Index{0});
    EXPECT_EQ(all, each) << "every image has one place";
  }
}

INSTANTIATE_TEST_SUITE_P(Halves, FoldsOfEveryShape,
                         ::testing::Combine(::testing::Values(4, 5, 9, 20), ::testing::Values(2),
                                            ::testing::Values(4, 7)));
INSTANTIATE_TEST_SUITE_P(Thirds, FoldsOfEveryShape,
                         ::testing::Combine(::testing::Values(6, 10), ::testing::Values(3),
                                            ::testing::Values(5)));

TEST(Folds, HoldEveryClassOutOnceInEachRepeat) {
  const std::vector<int> labels = labels_of(7, 4), held_out(7, 1);
  const auto folds = folds_of(labels, held_out, {TuneGoal::kNew, 3, 2, 1});
  for (std::size_t repeat = 0; repeat < 2; ++repeat) {
    std::vector<int> novel;
    for (std::size_t p = 0; p < 3; ++p) {
      const std::vector<int>& part = folds[3 * repeat + p].novel;
      novel.insert(novel.end(), part.begin(), part.end());
    }
    std::ranges::sort(novel);
    EXPECT_EQ(novel, (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
  }
}

TEST(Folds, AreDrawnByTheirSeedAlone) {
  const std::vector<int> labels = labels_of(8, 4), held_out(8, 1);
  const auto novel = [&](std::uint64_t seed) {
    return folds_of(labels, held_out, {TuneGoal::kNew, 2, 1, seed}).front().novel;
  };
  EXPECT_EQ(novel(1), novel(1));
  EXPECT_NE(novel(1), novel(2));
}

TEST(Folds, PartClassesAlikeHoweverManyImagesThereAre) {
  const std::vector<int> few = labels_of(8, 4), many = labels_of(8, 9), held_out(8, 1);
  const FoldOptions options{TuneGoal::kNew, 2, 1, 3};
  EXPECT_EQ(folds_of(few, held_out, options).front().novel,
            folds_of(many, held_out, options).front().novel);
}

TEST(Folds, LearnAllClassesWhereNoneWillBeAdded) {
  const std::vector<int> labels = labels_of(2, 6), held_out(2, 2);
  const auto folds = folds_of(labels, held_out, {TuneGoal::kSame, 2, 2, 1});
  ASSERT_EQ(folds.size(), 4u);
  std::set<std::vector<Index>> draws;
  for (const Fold& fold : folds) {
    EXPECT_EQ(fold.learned, (std::vector<int>{0, 1}));
    EXPECT_TRUE(fold.novel.empty() && fold.unseen.empty());
    EXPECT_EQ(fold.held_out.size(), 4u);
    draws.insert(fold.held_out);
  }
  EXPECT_GT(draws.size(), 1u) << "each fold holds other images out";
}

TEST(Folds, NeedTwoClassesOnEitherSide) {
  EXPECT_TRUE(can_part(4, 2));
  EXPECT_FALSE(can_part(3, 2));
  EXPECT_TRUE(can_part(6, 3));
  EXPECT_FALSE(can_part(5, 3));
  const std::vector<int> labels = labels_of(3, 4), held_out(3, 1);
  EXPECT_THAT(testing::error_of([&] { folds_of(labels, held_out, {}); }),
              AllOf(HasSubstr("3 classes"), HasSubstr("--for same")));
}

TEST(Folds, CannotHoldOutMoreImagesThanThereAre) {
  const std::vector<int> labels = labels_of(4, 1), held_out(4, 2);
  EXPECT_THAT(testing::error_of([&] { folds_of(labels, held_out, {}); }),
              HasSubstr("fewer than the 2 that are held out"));
}

TEST(Folds, HalvesAreThoseOfTheFirstFold) {
  const std::vector<int> labels = labels_of(9, 4), held_out(9, 1);
  const auto is_novel = held_out_half(9, 5);
  const Fold first = folds_of(labels, held_out, {TuneGoal::kNew, 2, 1, 5}).front();
  EXPECT_EQ(std::ranges::count(is_novel, true), 4);
  for (const int label : first.novel) EXPECT_TRUE(is_novel[static_cast<std::size_t>(label)]);
}

}  // namespace
}  // namespace qprompt

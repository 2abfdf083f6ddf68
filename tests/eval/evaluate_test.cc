#include "qprompt/eval/evaluate.h"

#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Images along the axes of the plane, or between them.
LabelledFeatures plane(const std::vector<std::pair<float, float>>& images,
                       const std::vector<int>& labels) {
  LabelledFeatures features{Matrix(static_cast<Index>(images.size()), 2), labels, {}};
  for (std::size_t i = 0; i < images.size(); ++i) {
    features.unit.row(static_cast<Index>(i)) << images[i].first, images[i].second;
  }
  return features;
}

Matrix axes() {
  Matrix classes(3, 2);
  classes << 1, 0, 0, 1, -1, 0;
  return classes;
}

TEST(Evaluate, CountsTheNearestClassOfEachImage) {
  const auto images = plane({{1, 0}, {0.8f, 0.6f}, {0.6f, 0.8f}, {0, 1}}, {0, 1, 1, 0});
  const Metrics metrics = evaluate(images, axes());
  EXPECT_EQ(metrics.images, 4);
  EXPECT_EQ(metrics.correct, 2);
  EXPECT_DOUBLE_EQ(metrics.accuracy(), 0.5);
  ASSERT_EQ(metrics.classes.size(), 3u);
  EXPECT_EQ(metrics.classes[0].images, 2);
  EXPECT_EQ(metrics.classes[0].correct, 1);
  EXPECT_EQ(metrics.classes[2].images, 0);
  // Each present class: one right, one wrong, one taken for it.
  EXPECT_DOUBLE_EQ(metrics.macro_f1, 0.5);
}

TEST(Evaluate, TakesTheFirstOfEquals) {
  Matrix twice(2, 2);
  twice << 1, 0, 1, 0;
  EXPECT_DOUBLE_EQ(evaluate(plane({{1, 0}}, {0}), twice).accuracy(), 1.0);
  EXPECT_DOUBLE_EQ(evaluate(plane({{1, 0}}, {1}), twice).accuracy(), 0.0);
}

TEST(Evaluate, OfNoImagesIsZero) {
  EXPECT_DOUBLE_EQ(evaluate(plane({}, {}), axes()).accuracy(), 0.0);
}

TEST(Evaluate, RefusesLabelsAndFeaturesOfAnotherClassMatrix) {
  const auto images = plane({{1, 0}, {0, 1}}, {0, 3});
  EXPECT_THAT(testing::error_of([&] { evaluate(images, axes()); }),
              AllOf(HasSubstr("label 3"), HasSubstr("3 classes")));
  EXPECT_THAT(testing::error_of([&] {
                evaluate(plane({{1, 0}}, {-1}), axes());
              }),
              HasSubstr("label -1"));
  EXPECT_THAT(testing::error_of([&] { evaluate(images, Matrix::Identity(4, 5)); }),
              AllOf(HasSubstr("width 2"), HasSubstr("width 5")));
}

class LabelledFeaturesTest : public ::testing::Test {
 protected:
  const Model model_ = testing::random_model();
  std::vector<Item> items_ = small_demo_data().test;
};

TEST_F(LabelledFeaturesTest, AreUnitRowsWithTheItemsLabels) {
  const LabelledFeatures features = labelled_features(model_, items_);
  ASSERT_EQ(features.unit.rows(), static_cast<Index>(items_.size()));
  EXPECT_TRUE(features.unit.rowwise().norm().isOnes(1e-5f));
  ASSERT_EQ(features.labels.size(), items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) EXPECT_EQ(features.labels[i], items_[i].label);
  const LabelledFeatures last = labelled_features(model_, std::span(&items_.back(), 1));
  EXPECT_TRUE(features.unit.bottomRows(1).isApprox(last.unit, 1e-3f));
}

TEST_F(LabelledFeaturesTest, KeepLabelsBesideTheirImagesWhenOneIsSkipped) {
  const testing::TemporaryFolder folder;
  items_.resize(4);
  for (std::size_t i = 0; i < 4; ++i) items_[i].label = static_cast<int>(i);
  items_[1].path = folder.file("damaged.webp", "RIFF");
  FeatureOptions options;
  options.skip_bad_images = true;
  const LabelledFeatures features = labelled_features(model_, items_, options);
  EXPECT_EQ(features.labels, (std::vector<int>{0, 2, 3}));
  EXPECT_EQ(features.unit.rows(), 3);
  ASSERT_EQ(features.skipped.size(), 1u);
  EXPECT_THAT(features.skipped.front(), HasSubstr("damaged.webp"));
}

TEST_F(LabelledFeaturesTest, NameAMissingFile) {
  items_[2].path = "/nowhere/missing.webp";
  EXPECT_THAT(testing::error_of([&] { labelled_features(model_, items_); }),
              HasSubstr("/nowhere/missing.webp"));
}

TEST_F(LabelledFeaturesTest, AreComputedOnceForPromptsThatLeaveTheImageTowerAsItIs) {
  Index encoded = 0;
  FeatureOptions options;
  options.progress = [&](const FeatureProgress& now) { encoded += now.done == now.total; };
  TestImages images(model_, items_, options);
  // The small model's context is too short for the classes' own names.
  std::vector<std::string> names;
  for (char c = 'a'; names.size() < small_demo_data().class_names.size(); ++c) {
    names.emplace_back(1, c);
  }
  const Deployment frozen = deploy_templates(model_, {"{}."}, names);
  const Metrics first = images.evaluate(frozen);
  EXPECT_EQ(images.evaluate(frozen).correct, first.correct);
  EXPECT_EQ(encoded, 1);

  const VisionPrompts tokens{Matrix::Constant(2, model_.shape().image.width, 0.1f), {}};
  images.evaluate({frozen.head, tokens});
  EXPECT_EQ(encoded, 2);
}

}  // namespace
}  // namespace qprompt

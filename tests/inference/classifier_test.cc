#include "qprompt/inference/classifier.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "qprompt/clip/similarity.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/features/image_side.h"
#include "tests/inference/prompts.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

double sum_of(const std::vector<ClassScore>& scores) {
  double sum = 0;
  for (const ClassScore& score : scores) sum += score.probability;
  return sum;
}

class ClassifierTest : public ::testing::Test {
 protected:
  // Classes at known cosines to the first picture's feature f: 1, 0, 1 again, -1.
  Matrix known_classes() const {
    const std::vector<ImageRequest> request{{pictures_[0]}};
    const Matrix f = UnitRows(image_features(ImageSide(model_), request).features).unit;
    Matrix beside = Matrix::Zero(1, f.cols());
    beside(0, 0) = 1;
    beside -= beside.cwiseProduct(f).sum() * f;
    Matrix classes(4, f.cols());
    classes << f, UnitRows(beside).unit, f, -f;
    return classes;
  }
  AdaptedModel known() const {
    return AdaptedModel::with_class_matrix(model_, known_classes(),
                                           {"first", "beside", "again", "opposite"});
  }
  Classification first_of(const ClassifyOptions& options) const {
    return classify(known(), pictures_[0], options);
  }

  const Model model_ = testing::random_model();
  const std::vector<fs::path> pictures_ = testing::demo_pictures(40);
  const std::vector<ImageSource> images_{pictures_.begin(), pictures_.end()};
};

TEST_F(ClassifierTest, GivesTheSoftmaxOfScaledCosinesBestFirst) {
  const double scale = model_.logit_scale();
  ASSERT_NEAR(scale, 10.0, 1e-5);
  const double sum = 2 * std::exp(scale) + 1 + std::exp(-scale);
  const Classification result = first_of({.top_k = 4});
  EXPECT_EQ(result.image, pictures_[0].string());
  EXPECT_EQ(result.damage, "");
  ASSERT_EQ(result.scores.size(), 4u);
  EXPECT_EQ(result.scores[2].class_name, "beside");
  EXPECT_EQ(result.scores[3].class_name, "opposite");
  EXPECT_NEAR(result.scores[0].probability, std::exp(scale) / sum, 1e-5);
  EXPECT_NEAR(result.scores[2].probability, 1 / sum, 1e-9);
  EXPECT_NEAR(result.scores[3].probability, std::exp(-scale) / sum, 1e-13);
}

TEST_F(ClassifierTest, EqualsKeepTheOrderOfTheClassList) {
  const Classification result = first_of({.top_k = 2});
  EXPECT_EQ(result.scores[0].class_name, "first");
  EXPECT_EQ(result.scores[1].class_name, "again");
  EXPECT_EQ(result.scores[0].probability, result.scores[1].probability);
}

TEST_F(ClassifierTest, ProbabilitiesAreThoseAmongAllClasses) {
  const std::vector<ClassScore> all = first_of({.top_k = 9}).scores;
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NEAR(sum_of(all), 1.0, 1e-12);
  for (int top_k = 1; top_k < 4; ++top_k) {
    const std::vector<ClassScore> some = first_of({.top_k = top_k}).scores;
    ASSERT_EQ(static_cast<int>(some.size()), top_k);
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ(some[i].class_name, all[i].class_name);
      EXPECT_EQ(some[i].probability, all[i].probability);
    }
  }
}

TEST_F(ClassifierTest, AbstainsBelowTheConfidence) {
  const double best = first_of({}).scores.front().probability;
  EXPECT_LT(best, 0.5);
  EXPECT_FALSE(first_of({.min_confidence = 0.0}).abstained);
  EXPECT_FALSE(first_of({.min_confidence = best}).abstained);
  EXPECT_TRUE(first_of({.min_confidence = std::nextafter(best, 1.0)}).abstained);
  EXPECT_TRUE(first_of({.min_confidence = 1.0}).abstained);
  EXPECT_EQ(first_of({.min_confidence = 1.0}).scores.front().probability, best);
}

TEST_F(ClassifierTest, SkippedImagesKeepTheirPlace) {
  const testing::TemporaryFolder folder;
  const std::vector<ImageSource> images{folder.file("a.webp", ""), pictures_[0],
                                        folder.file("b.png", "not a picture"), pictures_[1]};
  EXPECT_THAT(testing::error_of([&] { classify(known(), images); }), HasSubstr(images[0].name()));
  ClassifyOptions options{.min_confidence = 0.25};
  options.features.skip_bad_images = true;
  const auto results = classify(known(), images, options);
  ASSERT_EQ(results.size(), 4u);
  for (std::size_t i = 0; i < images.size(); ++i) EXPECT_EQ(results[i].image, images[i].name());
  for (std::size_t i : {0, 2}) {
    EXPECT_THAT(results[i].damage, HasSubstr(images[i].name()));
    EXPECT_TRUE(results[i].scores.empty());
    EXPECT_FALSE(results[i].abstained);
  }
  for (std::size_t i : {1, 3}) {
    EXPECT_EQ(results[i].damage, "");
    EXPECT_NEAR(results[i].scores.front().probability,
                classify(known(), images[i]).scores.front().probability, 1e-3);
  }
}

TEST_F(ClassifierTest, OfNoImagesGivesNoAnswers) {
  EXPECT_TRUE(classify(known(), std::span<const ImageSource>()).empty());
}

TEST_F(ClassifierTest, RefusesWhatCannotBeAnswered) {
  const Matrix classes = known_classes();
  const auto error = [&](auto&& action) { return testing::error_of(action); };
  EXPECT_THAT(error([&] {
                AdaptedModel::with_class_matrix(model_, classes, {"a", "b"});
              }),
              HasSubstr("4 rows for 2"));
  EXPECT_THAT(
      error([&] { AdaptedModel::with_class_matrix(model_, Matrix(0, classes.cols()), {}); }),
      HasSubstr("no class names"));
  EXPECT_THAT(error([&] { first_of({.top_k = 0}); }), HasSubstr("top 0"));
  for (double confidence : {-0.1, 1.1, std::nan("")}) {
    EXPECT_THAT(error([&] { first_of({.min_confidence = confidence}); }),
                HasSubstr("min_confidence"));
  }
}

TEST_F(ClassifierTest, OfAPromptHasItsClassMatrix) {
  const PromptFile prompt = quantized(unified_prompt(model_));
  const AdaptedModel of_prompt(model_, prompt, kNames);
  const AdaptedModel of_matrix =
      AdaptedModel::with_class_matrix(model_, of_prompt.class_matrix(), kNames);
  EXPECT_EQ(of_prompt.class_names(), kNames);
  for (const ClassScore& score : classify(of_prompt, pictures_[3]).scores) {
    EXPECT_EQ(score.probability, classify(of_matrix, pictures_[3]).scores.front().probability);
  }
  EXPECT_THROW(AdaptedModel(testing::random_model(2), prompt, kNames), Error);
}

TEST_F(ClassifierTest, AnswersAsEvaluationCounts) {
  const std::vector<std::string> names{"cat", "dog", "fish", "photo album", "red star"};
  const PromptFile prompt = unified_prompt(model_);
  std::vector<Item> items;
  for (std::size_t i = 0; i < pictures_.size(); ++i) {
    items.push_back({pictures_[i], static_cast<int>(i % names.size())});
  }
  const AdaptedModel adapted(model_, prompt, names);
  const Metrics metrics = evaluate(adapted, items).metrics;
  const auto results = classify(adapted, images_);
  Index correct = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    correct +=
        results[i].scores.front().class_name == names[static_cast<std::size_t>(items[i].label)];
  }
  EXPECT_EQ(metrics.images, 40);
  EXPECT_EQ(correct, metrics.correct);
}

TEST(Classifier, ValuesThatAreNoNumbersAreNeverAnAnswer) {
  const Model model = testing::random_model();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  PromptFile prompt = unified_prompt(model);
  std::get<Matrix>(prompt.matrices.front().content)(1, 2) = nan;
  EXPECT_THAT(testing::error_of([&] { AdaptedModel(model, prompt, kNames); }),
              ::testing::HasSubstr("matrix 'ctx' holds values that are not finite"));
  Matrix class_matrix = Matrix::Ones(2, model.shape().embed);
  class_matrix(0, 0) = nan;
  EXPECT_THAT(testing::error_of([&] {
                AdaptedModel::with_class_matrix(model, class_matrix, {"cat", "dog"});
              }),
              ::testing::AllOf(::testing::HasSubstr(model.path().string()),
                               ::testing::HasSubstr("not finite")));
}

}  // namespace
}  // namespace qprompt

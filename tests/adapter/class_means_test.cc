#include "qprompt/adapter/class_means.h"

#include "tests/adapter/problem.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class ClassMeansTest : public ::testing::Test {
 protected:
  Plain cosines_to_means(const std::vector<int>& labels) const {
    Plain logits(problem_.images.rows(), std::ssize(labels));
    for (Index i = 0; i < logits.rows(); ++i) {
      for (std::size_t c = 0; c < labels.size(); ++c) {
        logits(i, static_cast<Index>(c)) =
            problem_.scale *
            cosine(problem_.images.row(i).cast<double>(), problem_.mean_of(labels[c]));
      }
    }
    return logits;
  }

  Problem problem_;
  const ClassMeans learner_{{}, Problem::kEmbed, problem_.seen()};
  const ParameterMap values_ = learner_.initial_values(problem_.shots(), problem_.classes(), 1);
};

TEST_F(ClassMeansTest, ScoreByTheCosineToTheMeanOfAClass) {
  expect_near(learner_.logits(values_, problem_.classes(), problem_.images),
              cosines_to_means({0, 1, 2}));
}

TEST_F(ClassMeansTest, OwnTheDifferencesFromTheirAverage) {
  const Plain center = (problem_.mean_of(0) + problem_.mean_of(1) + problem_.mean_of(2)) / 3;
  expect_near(values_.at("center"), center);
  expect_near(values_.at("means").row(1), problem_.mean_of(1) - center.row(0));
}

TEST_F(ClassMeansTest, KnowTheirClassesByNameInAnyOrder) {
  problem_.names = {"red car", "cat"};
  problem_.texts.conservativeResize(2, Problem::kEmbed);
  expect_near(learner_.logits(values_, problem_.classes(), problem_.images),
              cosines_to_means({2, 0}));
}

TEST_F(ClassMeansTest, AreAClassMatrix) {
  const Matrix matrix = *learner_.class_matrix(values_, problem_.classes());
  expect_near(matrix.row(2), problem_.mean_of(2).normalized());
}

TEST_F(ClassMeansTest, SayNothingOfAClassThatTheyNeverSaw) {
  EXPECT_NO_THROW(require_seen(learner_, {"dog", "cat"}));
  EXPECT_THAT(testing::error_of([&] {
                require_seen(learner_, {"cat", "zebra"});
              }),
              ::testing::AllOf(HasSubstr("'zebra'"), HasSubstr("3 classes"), HasSubstr("texts")));
}

TEST_F(ClassMeansTest, TellClassesOfOneNameByTheirOrder) {
  problem_.names = {"cat", "dog", "cat"};
  const ClassMeans doubled({}, Problem::kEmbed, problem_.seen());
  const auto logits = [&](const std::vector<std::string>& names) {
    problem_.names = names;
    problem_.texts.conservativeResize(std::ssize(names), Problem::kEmbed);
    return doubled.logits(values_, problem_.classes(), problem_.images);
  };
  expect_near(logits({"cat", "dog", "cat"}), cosines_to_means({0, 1, 2}));
  expect_near(logits({"cat", "cat", "dog"}), cosines_to_means({0, 2, 1}));
  expect_near(logits({"cat"}), cosines_to_means({0}));
  EXPECT_NO_THROW(require_seen(doubled, {"cat", "cat"}));
  EXPECT_THAT(testing::error_of([&] {
                require_seen(doubled, {"cat", "cat", "cat"});
              }),
              HasSubstr("more than 2 classes called 'cat'"));
}

TEST_F(ClassMeansTest, NeedAnImageOfEveryClass) {
  problem_.names.push_back("bird");
  EXPECT_THAT(
      testing::error_of([&] { learner_.initial_values(problem_.shots(), problem_.classes(), 1); }),
      HasSubstr("'bird'"));
}

TEST(SeenClassesTest, CountTheImagesOfEachClass) {
  EXPECT_EQ(seen_classes({"a", "b", "c"}, std::vector<int>{2, 0, 2}),
            (SeenClasses{{"a", 1}, {"b", 0}, {"c", 2}}));
  EXPECT_THROW(seen_classes({"a"}, std::vector<int>{1}), Error);
}

}  // namespace
}  // namespace qprompt

#include "qprompt/tune/forecast.h"

#include <gmock/gmock.h>

#include "tests/support/test_models.h"

namespace qprompt {
namespace {

class ForecastOfDemo : public ::testing::Test {
 protected:
  // `classes` of the demo pictures, with all their training and validation images.
  TrainingSets sets(int classes) const {
    const Dataset all = load_dataset(testing::demo_folder() / "pictures");
    Dataset chosen{.name = "pictures"};
    chosen.class_names = {all.class_names.begin(), all.class_names.begin() + classes};
    for (const Item& item : all.train) {
      if (item.label < classes) chosen.train.push_back(item);
    }
    for (const Item& item : all.val) {
      if (item.label < classes) chosen.val.push_back(item);
    }
    return {model_, chosen, 1, {}};
  }

  std::optional<Forecast> forecast(int classes, const MethodConfig& method = CoOpConfig{}) const {
    TrainingSets prepared = sets(classes);
    LearnConfig config;
    config.method = method;
    config.views = 2;
    config.training.epochs = 3;
    config.training.optimizer.lr = 0.05;
    return qprompt::forecast(model_, prepared, config, {});
  }

  const Model model_ = testing::demo_model(testing::float32(1));
};

// 24 training and 10 validation images of a class.
TEST_F(ForecastOfDemo, AsksAboutAllImagesOfTheOtherHalf) {
  const auto seen = forecast(5);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->learned_classes, 3);
  EXPECT_EQ(seen->novel_classes, 2);
  EXPECT_EQ(seen->zero_shot.images, 2 * 34);
  EXPECT_EQ(seen->adapted.images, 2 * 34);
  EXPECT_GT(seen->zero_shot.correct, 0);
}

TEST_F(ForecastOfDemo, IsTheSameEveryTime) {
  EXPECT_EQ(forecast(4)->adapted.correct, forecast(4)->adapted.correct);
}

// Nothing that is learned changes zero-shot's answers.
TEST_F(ForecastOfDemo, OfNothingLearnedIsZeroShot) {
  TrainingSets prepared = sets(4);
  const auto seen = qprompt::forecast(model_, prepared, zero_shot_config({}), {});
  EXPECT_EQ(seen->adapted.correct, seen->zero_shot.correct);
}

TEST_F(ForecastOfDemo, IsNothingWhereNoClassesCanBeHeldOut) {
  EXPECT_FALSE(forecast(3));
  EXPECT_FALSE(forecast(6, ClassMeansConfig{}));
  EXPECT_FALSE(forecast(6, CoOpConfig{.class_specific = true}));
}

}  // namespace
}  // namespace qprompt

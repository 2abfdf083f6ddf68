#include "qprompt/eval/evaluate.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/core/file.h"
#include "qprompt/data/opened_image.h"
#include "qprompt/prompt/prompted_clip.h"
#include "tests/eval/demo_data.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() { items_ = small_demo_data().test; }

  // Classes that lie where the images do: image i is nearest to class i.
  AdaptedModel of_images() const {
    std::vector<ImageSource> images;
    std::vector<std::string> names;
    for (const Item& item : items_) {
      images.push_back(item.image);
      names.push_back(std::to_string(images.size()));
    }
    const Matrix features = zero_shot().features(images).features;
    return AdaptedModel::with_class_matrix(model_, UnitRows(features).unit, names);
  }
  AdaptedModel zero_shot() const {
    // The small model's context is too short for the classes' own names.
    return AdaptedModel::zero_shot(model_, {"{}."}, {"a", "b", "c", "d", "e"});
  }
  void label_in_order() {
    for (std::size_t i = 0; i < items_.size(); ++i) items_[i].label = static_cast<int>(i);
  }

  const Model model_ = testing::random_model();
  std::vector<Item> items_;
};

TEST_F(Evaluate, CountsTheNearestClassOfEachImage) {
  label_in_order();
  const AdaptedModel adapted = of_images();
  EXPECT_DOUBLE_EQ(evaluate(adapted, items_).metrics.accuracy(), 1.0);
  std::swap(items_[0].label, items_[1].label);
  const Metrics metrics = evaluate(adapted, items_).metrics;
  EXPECT_EQ(metrics.images, std::ssize(items_));
  EXPECT_EQ(metrics.correct, std::ssize(items_) - 2);
  ASSERT_EQ(metrics.classes.size(), items_.size());
  EXPECT_EQ(metrics.classes[0].images, 1);
  EXPECT_EQ(metrics.classes[0].correct, 0);
  EXPECT_EQ(metrics.classes[2].correct, 1);
}

TEST_F(Evaluate, TakesTheFirstOfEquals) {
  const Matrix one = of_images().class_matrix().row(0);
  const AdaptedModel twice =
      AdaptedModel::with_class_matrix(model_, one.replicate(2, 1), {"first", "second"});
  items_.resize(1);
  items_[0].label = 0;
  EXPECT_DOUBLE_EQ(evaluate(twice, items_).metrics.accuracy(), 1.0);
  items_[0].label = 1;
  EXPECT_DOUBLE_EQ(evaluate(twice, items_).metrics.accuracy(), 0.0);
}

TEST_F(Evaluate, OfNoImagesIsZero) {
  EXPECT_DOUBLE_EQ(evaluate(zero_shot(), {}).metrics.accuracy(), 0.0);
}

TEST_F(Evaluate, RefusesLabelsBeyondTheClassList) {
  items_[2].label = 5;
  EXPECT_THAT(testing::error_of([&] { evaluate(zero_shot(), items_); }),
              AllOf(HasSubstr("label 5"), HasSubstr("5 classes")));
  items_[2].label = -1;
  EXPECT_THAT(testing::error_of([&] { evaluate(zero_shot(), items_); }), HasSubstr("label -1"));
}

TEST_F(Evaluate, KeepsLabelsBesideTheirImagesWhenOneIsSkipped) {
  label_in_order();
  const AdaptedModel adapted = of_images();
  const testing::TemporaryFolder folder;
  items_[1].image = folder.file("damaged.webp", "RIFF");
  EXPECT_THAT(testing::error_of([&] { evaluate(adapted, items_); }), HasSubstr("damaged.webp"));
  FeatureOptions options;
  options.skip_bad_images = true;
  const Evaluation evaluation = evaluate(adapted, items_, options);
  EXPECT_EQ(evaluation.metrics.images, std::ssize(items_) - 1);
  EXPECT_EQ(evaluation.metrics.correct, evaluation.metrics.images);
  ASSERT_EQ(evaluation.skipped.size(), 1u);
  EXPECT_THAT(evaluation.skipped.front(), HasSubstr("damaged.webp"));
}

TEST_F(Evaluate, NamesAMissingFile) {
  items_[2].image = "/nowhere/missing.webp";
  EXPECT_THAT(testing::error_of([&] { evaluate(zero_shot(), items_); }),
              HasSubstr("/nowhere/missing.webp"));
}

// The same pictures as files, as their bytes and as pixels.
TEST_F(Evaluate, CountsImagesInMemoryAsItCountsFiles) {
  std::vector<std::string> contents;
  std::vector<Image> pictures;
  for (const Item& item : items_) {
    contents.push_back(read_text(item.image.path()));
    pictures.push_back(read_image(item.image));
  }
  std::vector<Item> encoded, pixels;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    encoded.push_back(
        {ImageSource::encoded(std::as_bytes(std::span(contents[i]))), items_[i].label});
    pixels.push_back(
        {ImageSource::pixels({pictures[i].pixels.data(), pictures[i].width, pictures[i].height, 0}),
         items_[i].label});
  }
  const Metrics of_files = evaluate(zero_shot(), items_).metrics;
  EXPECT_EQ(evaluate(zero_shot(), encoded).metrics.correct, of_files.correct);
  EXPECT_EQ(evaluate(zero_shot(), pixels).metrics.correct, of_files.correct);
}

TEST_F(Evaluate, EncodesTestImagesOnceForModelsThatLeaveTheImageTowerAsItIs) {
  Index encoded = 0;
  FeatureOptions options;
  options.progress = [&](const FeatureProgress& now) { encoded += now.done == now.total; };
  TestImages images(model_, items_, options);
  const AdaptedModel frozen = zero_shot();
  const Metrics first = images.evaluate(frozen).metrics;
  EXPECT_EQ(images.evaluate(frozen).metrics.correct, first.correct);
  EXPECT_EQ(encoded, 1);
  const PromptedClip clip(
      model_,
      make_learner(VptConfig{.n_ctx_vision = 2, .depth_vision = 1, .text_template = "{}."}, model_),
      frozen.class_names(), kernels::Differentiable::kNo);
  images.evaluate(AdaptedModel::of(clip, clip.learner().initial_values(clip.classes(), 1)));
  EXPECT_EQ(encoded, 2);
}

}  // namespace
}  // namespace qprompt

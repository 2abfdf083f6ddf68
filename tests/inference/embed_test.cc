#include "qprompt/inference/embed.h"

#include "qprompt/inference/adapted_model.h"
#include "tests/inference/prompts.h"
#include "tests/support/errors.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;

class EmbedTest : public ::testing::Test {
 protected:
  const Model model_ = testing::random_model();
  const std::vector<std::filesystem::path> pictures_ = testing::demo_pictures(3);
  const std::vector<ImageSource> images_{pictures_.begin(), pictures_.end()};
};

TEST_F(EmbedTest, ProductsOfImagesAndTextsAreTheCosinesOfClassify) {
  const std::vector<std::string> names{"circle", "red square"};
  const AdaptedModel zero_shot = AdaptedModel::zero_shot(model_, {"a {}."}, names);
  const Matrix logits = zero_shot.logits(zero_shot.features(images_));
  const Matrix texts = embed_texts(model_, {"a circle.", "a red square."});
  const Matrix cosines = embed_images(model_, images_) * texts.transpose();
  EXPECT_LT((model_.logit_scale() * cosines - logits).cwiseAbs().maxCoeff(), 1e-5);
}

TEST_F(EmbedTest, RowsHaveUnitLength) {
  const Matrix images = embed_images(model_, images_);
  EXPECT_EQ(images.rows(), 3);
  EXPECT_LT((images.rowwise().norm().array() - 1).abs().maxCoeff(), 1e-6);
  EXPECT_LT((embed_texts(model_, {"a"}).rowwise().norm().array() - 1).abs().maxCoeff(), 1e-6);
}

TEST_F(EmbedTest, ADamagedImageIsNamedWhateverTheOptionsSkip) {
  const std::vector<ImageSource> images{images_[0], ImageSource("nowhere.png")};
  FeatureOptions options;
  options.skip_bad_images = true;
  EXPECT_THAT(testing::error_of([&] { embed_images(model_, images, options); }),
              HasSubstr("nowhere.png"));
}

TEST_F(EmbedTest, WithoutATextIsRefused) {
  EXPECT_EQ(testing::error_of([&] { embed_texts(model_, {}); }), "embed_texts: no text");
}

}  // namespace
}  // namespace qprompt

// ImageNet has two "missile" and two "sunglasses": learners on features tell them apart by their
// order, in their files, too.

#include "qprompt/inference/adapted_model.h"
#include "qprompt/train/learn.h"
#include "tests/eval/demo_data.h"
#include "tests/support/random_model.h"
#include "tests/support/small_methods.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using Names = std::vector<std::string>;

class DoubledNames : public ::testing::TestWithParam<testing::NamedMethod> {
 protected:
  DoubledNames() { data_.class_names = {"cat", "dog", "cat", "photo", "bird"}; }

  PromptFile saved_and_loaded() const {
    LearnConfig config;
    config.method = GetParam().config;
    config.shots = 2;
    config.views = 0;
    config.training.epochs = 1;
    config.training.batch_size = 4;
    config.training.quantizer.kind = QuantizerKind::kNone;
    save_prompt_file(learn(model_, data_, config).prompt, folder_ / "p.qprompt");
    return load_prompt_file(folder_ / "p.qprompt");
  }
  Matrix logits(const PromptFile& prompt, const Names& names) const {
    const AdaptedModel adapted(model_, prompt, names);
    std::vector<ImageSource> images;
    for (const Item& item : data_.test) images.push_back(item.image);
    return adapted.logits(adapted.features(images));
  }

  const Model model_ = testing::random_model(1, testing::float32(1));
  Dataset data_ = small_demo_data();
  const testing::TemporaryFolder folder_;
};

TEST_P(DoubledNames, AreTheFirstAndTheSecondClassThatWereSeen) {
  const PromptFile prompt = saved_and_loaded();
  const bool knows_no_class = std::holds_alternative<ClipAdapterConfig>(GetParam().config);
  if (!knows_no_class) {
    EXPECT_EQ(prompt.seen,
              (SeenClasses{{"cat", 2}, {"dog", 2}, {"cat", 2}, {"photo", 2}, {"bird", 2}}));
  }
  const Matrix all = logits(prompt, data_.class_names);
  const Matrix part = logits(prompt, {"bird", "cat", "cat"});
  const int places[] = {4, 0, 2};
  for (Index c = 0; c < part.cols(); ++c) {
    EXPECT_TRUE(part.col(c).isApprox(all.col(places[c]), 1e-4f)) << c;
  }
  EXPECT_EQ(all.col(0).isApprox(all.col(2), 1e-6f), knows_no_class);
}

INSTANTIATE_TEST_SUITE_P(OnFeatures, DoubledNames, ::testing::ValuesIn(testing::feature_methods()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace qprompt

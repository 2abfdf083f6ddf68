#include "qprompt/inference/adapted_model.h"
#include "qprompt/train/learn.h"
#include "tests/eval/demo_data.h"

namespace qprompt {
namespace {

struct Recipe {
  std::string name;
  QuantizerConfig quantizer;
  bool class_specific = false;
  std::size_t bits;  // a value, the codebook aside

  friend void PrintTo(const Recipe& recipe, std::ostream* out) { *out << recipe.name; }
};

Matrix class_matrix(const Model& model, const PromptFile& prompt,
                    const std::vector<std::string>& names) {
  return AdaptedModel(model, prompt, names).class_matrix();
}

// Learns with a recipe, and keeps what came out in a file.
class LearnedPrompt : public ::testing::TestWithParam<Recipe> {
 protected:
  LearnedPrompt() : file_(folder_ / "prompt.qprompt") {
    Dataset data = small_demo_data();
    data.class_names = {"cat", "dog", "fish", "photo", "bird"};  // the random model reads letters
    LearnConfig config;
    config.method = CoOpConfig{
        .n_ctx = 4, .ctx_init = "photo cat a cat", .class_specific = GetParam().class_specific};
    config.shots = 2;
    config.views = 2;
    config.training.epochs = 2;
    config.training.batch_size = 4;
    config.training.optimizer.lr = 0.05;
    config.training.optimizer.warmup_epochs = 0;
    config.training.quantizer = GetParam().quantizer;
    learned_ = learn(model_, data, config);
    save_prompt_file(learned_.prompt, file_);
  }

  testing::TemporaryFolder folder_;
  const Model model_ = testing::random_model();
  std::filesystem::path file_;
  Learned learned_;
};

TEST_P(LearnedPrompt, GivesTheSameClassMatrixFromItsFile) {
  const PromptFile loaded = load_prompt_file(file_);
  const Matrix before = class_matrix(model_, learned_.prompt, learned_.class_names);
  EXPECT_EQ(class_matrix(model_, loaded, learned_.class_names), before);
  EXPECT_EQ(class_matrix(testing::random_model(), loaded, learned_.class_names), before);
  EXPECT_EQ(values(loaded), values(learned_.prompt));
  EXPECT_EQ(to_bytes(loaded), to_bytes(learned_.prompt));
}

TEST_P(LearnedPrompt, ServesOtherClassesUnlessItIsBound) {
  const PromptFile loaded = load_prompt_file(file_);
  const std::vector<std::string> others{"cat", "red dog"};
  if (GetParam().class_specific) {
    EXPECT_EQ(loaded.class_list, class_list_hash(learned_.class_names));
    EXPECT_THROW(class_matrix(model_, loaded, others), Error);
  } else {
    EXPECT_EQ(loaded.class_list, 0u);
    EXPECT_EQ(class_matrix(model_, loaded, others), class_matrix(model_, learned_.prompt, others));
  }
}

TEST_P(LearnedPrompt, HoldsTheBitsItWasAskedFor) {
  const std::size_t contexts = GetParam().class_specific ? learned_.class_names.size() : 1;
  const std::size_t count = contexts * 4 * static_cast<std::size_t>(model_.shape().text.width);
  const bool coded = GetParam().bits < 16;
  const std::size_t codebook = coded ? std::size_t{2} << GetParam().bits : 0;
  EXPECT_EQ(payload_size(load_prompt_file(file_)), count * GetParam().bits / 8 + codebook);
}

QuantizerConfig kmeans(int bits, QuantizationPhase phase = QuantizationPhase::kTraining) {
  return {.kind = QuantizerKind::kKMeans, .bits = std::to_string(bits), .phase = phase};
}

const Recipe kRecipes[] = {
    {"FullPrecision", {.kind = QuantizerKind::kNone}, false, 16},
    {"Noise", {.kind = QuantizerKind::kNoise}, false, 16},
    {"OneBit", kmeans(1), false, 1},
    {"FourBits", kmeans(4), false, 4},
    {"OneBitAfterTraining", kmeans(1, QuantizationPhase::kPostTraining), false, 1},
    {"ClassSpecific", {.kind = QuantizerKind::kNone}, true, 16},
    {"ClassSpecificOneBit", kmeans(1), true, 1}};

INSTANTIATE_TEST_SUITE_P(Recipes, LearnedPrompt, ::testing::ValuesIn(kRecipes),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace qprompt

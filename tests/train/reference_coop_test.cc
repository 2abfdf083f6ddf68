#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/safetensors.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/prompt/text_features.h"
#include "qprompt/train/trainer.h"
#include "tests/support/goldens.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using kernels::Precision;

// fp32 as the reference values' README states. bf16 keeps 8 bits, and logits are some tens large;
// training steps of one's own amplify its rounding by another order of magnitude.
struct Tolerance {
  double logits, gradient, loss, final_value, final_logits;
};
constexpr Tolerance kFloat32{1e-4, 1e-3, 1e-4, 1e-3, 5e-3};
constexpr Tolerance kBfloat16{0.15, 0.1, 0.05, 5e-2, 1.5};

class GoldenCoOp {
 public:
  GoldenCoOp(const fs::path& goldens, Precision precision)
      : file_(goldens / "reference/coop.safetensors"),
        model(Model::load((goldens / "reference/checkpoints/hf").string(),
                          {{.threads = 1, .precision = precision}, std::nullopt})),
        class_names(nlohmann::json::parse(file_.metadata().at("classnames"))),
        labels(read_labels()) {
    ImageWorkspace workspace(model.device());
    Matrix images = to_matrix(file_.at("images"));
    unit_images = UnitRows(model.image_tower()->forward(images, {}, workspace)).unit;
  }

  std::vector<std::string> cases() const {
    std::vector<std::string> found;
    for (const auto& [name, view] : file_.tensors()) {
      const auto end = name.find(".init.ctx");
      if (name.starts_with("coop_") && end != std::string::npos)
        found.push_back(name.substr(0, end));
    }
    EXPECT_FALSE(found.empty());
    return found;
  }

  // "ctx" of one class is [n_ctx, width]; of all classes [n_cls, n_ctx, width], rows in that order.
  Matrix context(const std::string& name) const {
    const Matrix flat = to_matrix(file_.at(name));
    const Index width = file_.at(name).shape.back();
    return Eigen::Map<const Matrix>(flat.data(), flat.size() / width, width);
  }
  Matrix tensor(const std::string& name) const { return to_matrix(file_.at(name)); }

  CoOpConfig config(const std::string& name) const {
    const auto& shape = file_.at(name + ".init.ctx").shape;
    CoOpConfig config{.n_ctx = static_cast<int>(shape[shape.size() - 2]), .ctx_init = ""};
    config.class_specific = shape.size() == 3;
    if (name.ends_with("_middle")) config.class_token_position = ClassTokenPosition::kMiddle;
    if (name.ends_with("_front")) config.class_token_position = ClassTokenPosition::kFront;
    return config;
  }
  double number(const std::string& key) const { return std::stod(file_.metadata().at(key)); }

 private:
  std::vector<int> read_labels() const {
    const auto bytes = file_.at("labels").bytes;
    std::vector<std::int64_t> wide(bytes.size() / sizeof(std::int64_t));
    std::memcpy(wide.data(), bytes.data(), bytes.size());
    return {wide.begin(), wide.end()};
  }

  Safetensors file_;

 public:
  Model model;
  std::vector<std::string> class_names;
  std::vector<int> labels;
  Matrix unit_images;
};

double largest_difference(const Matrix& a, const Matrix& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

Matrix logits_of(const GoldenCoOp& golden, const PromptLearner& learner, const Matrix& ctx) {
  const Matrix texts = class_features(golden.model, learner, {{"ctx", ctx}}, golden.class_names);
  return cosine_logits(golden.unit_images, texts, golden.model.logit_scale());
}

// Logits and gradient at the initial values, then the reference's SGD steps.
void expect_case(const GoldenCoOp& golden, const std::string& name, const Tolerance& tolerance) {
  SCOPED_TRACE(name);
  const auto learner = make_learner(golden.config(name), golden.model);
  const PromptedClip clip(golden.model, *learner, golden.class_names);
  const Objective objective({}, golden.model, golden.class_names);
  PromptedWorkspace workspace(golden.model.device());
  ParameterMap values{{"ctx", golden.context(name + ".init.ctx")}};
  EXPECT_LE(largest_difference(logits_of(golden, *learner, values.at("ctx")),
                               golden.tensor(name + ".logits")),
            tolerance.logits);

  Sgd sgd({.momentum = 0.9, .weight_decay = 5e-4});
  const Matrix losses = golden.tensor(name + ".losses");
  for (Index step = 0; step < losses.size(); ++step) {
    const StepGradient at = loss_and_gradient(clip, objective, values, {golden.unit_images, {}},
                                              golden.labels, workspace);
    EXPECT_NEAR(at.loss, losses(step), tolerance.loss) << "step " << step;
    if (step == 0) {
      const Matrix expected = golden.context(name + ".grad.ctx");
      EXPECT_LE(largest_difference(at.gradient.at("ctx"), expected),
                tolerance.gradient * expected.cwiseAbs().maxCoeff());
    }
    sgd.step(values, at.gradient, golden.number(name + ".lr"));
  }
  const Matrix final_ctx = golden.context(name + ".final.ctx");
  const Matrix final_logits = golden.tensor(name + ".final_logits");
  EXPECT_LE(largest_difference(values.at("ctx"), final_ctx), tolerance.final_value);
  EXPECT_LE(largest_difference(logits_of(golden, *learner, final_ctx), final_logits),
            tolerance.logits);
  EXPECT_LE(largest_difference(logits_of(golden, *learner, values.at("ctx")), final_logits),
            tolerance.final_logits);
}

void expect_all_cases(const fs::path& goldens, Precision precision, const Tolerance& tolerance) {
  if (!fs::exists(goldens / "reference/checkpoints/hf")) {
    GTEST_SKIP() << "this set has no Hugging Face checkpoint";
  }
  const GoldenCoOp golden(goldens, precision);
  for (const std::string& name : golden.cases()) expect_case(golden, name, tolerance);
}

TEST(Reference, CoOpTrainsAsTheReference) {
  QPROMPT_GOLDENS_OR_SKIP(goldens);
  expect_all_cases(goldens, Precision::kFloat32, kFloat32);
}

TEST(Reference, CoOpTrainsAsTheReferenceInBf16WithinItsError) {
  QPROMPT_GOLDENS_OR_SKIP(goldens);
  expect_all_cases(goldens, Precision::kBfloat16, kBfloat16);
}

}  // namespace
}  // namespace qprompt

#include <gtest/gtest.h>

#include "qprompt/core/half.h"
#include "qprompt/inference/adapted_model.h"
#include "qprompt/train/trainer.h"
#include "tests/support/goldens.h"
#include "tests/train/golden_training.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using kernels::Precision;

// fp32 as the reference values' README states. bf16 keeps 8 bits, and logits are some tens large;
// large steps of one's own amplify its rounding, about twofold a step.
struct Tolerance {
  double logits, gradient, loss, loss_growth, final_value, final_logits;
  double kink;  // of CoCoOp's ReLU: nearer ones may be taken for the other side
};
constexpr Tolerance kFloat32{1e-4, 1e-3, 1e-4, 1, 1e-3, 5e-3, 0};
constexpr Tolerance kBfloat16{0.15, 0.1, 0.05, 2, 0.2, 6, 0.01};

double largest_difference(const Matrix& a, const Matrix& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

// The tolerance is relative to the largest entry of each matrix.
void expect_gradient(const ParameterMap& gradient, const ParameterMap& expected, double tolerance) {
  for (const auto& [name, matrix] : expected) {
    EXPECT_LE(largest_difference(gradient.at(name), matrix),
              tolerance * matrix.cwiseAbs().maxCoeff())
        << name;
  }
}

// Leaves hidden units of CoCoOp's network out of a gradient where an image puts one of them within
// `margin` of its kink.
void leave_out_kinks(ParameterMap& gradient, const ParameterMap& values, const Matrix& images,
                     double margin) {
  const std::string layer = "meta_net.linear1";
  if (!values.contains(layer + ".weight")) return;
  Matrix before = images * values.at(layer + ".weight").transpose();
  before.rowwise() += values.at(layer + ".bias").row(0);
  for (Index unit = 0; unit < before.cols(); ++unit) {
    if (before.col(unit).cwiseAbs().minCoeff() >= margin) continue;
    gradient.at(layer + ".weight").row(unit).setZero();
    gradient.at(layer + ".bias").col(unit).setZero();
  }
}

// A case's learner on the reference's model.
class GoldenCase {
 public:
  GoldenCase(const GoldenTraining& golden, std::string name)
      : golden_(golden),
        name_(std::move(name)),
        learner_(make_learner(golden.config(name_), golden.model)),
        clip_(golden.model, learner_, golden.class_names),
        workspace_(golden.model.device()) {}

  ParameterMap parameters(const std::string& stage) const {
    return golden_.parameters(name_, stage, learner_->parameters(clip_.classes()));
  }
  Matrix tensor(const std::string& what) const { return golden_.tensor(name_ + "." + what); }
  Matrix logits(const ParameterMap& values) {
    return clip_.forward(values, golden_.images, workspace_, Keep::kNothing).outputs().logits;
  }

  // The reference's steps of SGD from `values` on; gives the gradient of the first.
  ParameterMap train(ParameterMap& values, const Tolerance& tolerance) {
    const Objective objective({}, golden_.model, golden_.class_names);
    Optimizer sgd({.momentum = 0.9, .weight_decay = 5e-4});
    const Matrix losses = tensor("losses");
    double loss_tolerance = tolerance.loss;
    ParameterMap first;
    for (Index step = 0; step < losses.size(); ++step) {
      const StepGradient at =
          loss_and_gradient(clip_, objective, values, golden_.images, golden_.labels, workspace_);
      EXPECT_NEAR(at.loss, losses(step), loss_tolerance) << "step " << step;
      loss_tolerance *= tolerance.loss_growth;
      if (step == 0) first = at.gradient;
      sgd.step(values, at.gradient, golden_.learning_rate(name_));
    }
    return first;
  }

 private:
  const GoldenTraining& golden_;
  std::string name_;
  std::shared_ptr<const PromptLearner> learner_;
  PromptedClip clip_;
  PromptedWorkspace workspace_;
};

void expect_case(const GoldenTraining& golden, const std::string& name,
                 const Tolerance& tolerance) {
  SCOPED_TRACE(name);
  GoldenCase run(golden, name);
  ParameterMap values = run.parameters("init");
  EXPECT_LE(largest_difference(run.logits(values), run.tensor("logits")), tolerance.logits);
  ParameterMap gradient = run.train(values, tolerance), reference = run.parameters("grad");
  for (ParameterMap* each : {&gradient, &reference}) {
    leave_out_kinks(*each, run.parameters("init"), golden.images.unit_features, tolerance.kink);
  }
  expect_gradient(gradient, reference, tolerance.gradient);

  const ParameterMap expected = run.parameters("final");
  for (const auto& [matrix, value] : expected) {
    EXPECT_LE(largest_difference(values.at(matrix), value), tolerance.final_value) << matrix;
  }
  const Matrix final_logits = run.tensor("final_logits");
  EXPECT_LE(largest_difference(run.logits(expected), final_logits), tolerance.logits);
  EXPECT_LE(largest_difference(run.logits(values), final_logits), tolerance.final_logits);
}

void expect_all_cases(const fs::path& goldens, const std::string& file, Precision precision,
                      const Tolerance& tolerance) {
  if (!GoldenTraining::has_model(goldens)) {
    GTEST_SKIP() << "this set has no Hugging Face checkpoint";
  }
  const GoldenTraining golden(goldens, file, precision);
  for (const std::string& name : golden.cases()) expect_case(golden, name, tolerance);
}

TEST(Reference, CoOpAndCoCoOpTrainAsTheReference) {
  const fs::path goldens = testing::goldens_folder();
  expect_all_cases(goldens, "coop.safetensors", Precision::kFloat32, kFloat32);
}

TEST(Reference, CoOpAndCoCoOpTrainAsTheReferenceInBf16WithinItsError) {
  const fs::path goldens = testing::goldens_folder();
  expect_all_cases(goldens, "coop.safetensors", Precision::kBfloat16, kBfloat16);
}

TEST(Reference, MaPLeIvlpAndVptTrainAsTheReference) {
  const fs::path goldens = testing::goldens_folder();
  expect_all_cases(goldens, "maple.safetensors", Precision::kFloat32, kFloat32);
}

TEST(Reference, MaPLeIvlpAndVptTrainAsTheReferenceInBf16WithinItsError) {
  const fs::path goldens = testing::goldens_folder();
  expect_all_cases(goldens, "maple.safetensors", Precision::kBfloat16, kBfloat16);
}

// dassl/<case>/<model name>/model.pth.tar-<epoch>
std::vector<std::pair<std::string, fs::path>> imported_files(const fs::path& goldens) {
  std::vector<std::pair<std::string, fs::path>> files;
  const fs::path folder = goldens / "reference/checkpoints/dassl";
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("model.pth.tar-")) continue;
    files.emplace_back(entry.path().lexically_relative(folder).begin()->string(), entry.path());
  }
  return files;
}

constexpr double kHalfLogits = 2e-2;  // where values or features are fp16

void expect_imported(const GoldenTraining& golden, const std::string& name, const fs::path& path) {
  SCOPED_TRACE(path.string());
  const ReferenceCheckpoint checkpoint(path);
  const PromptedClip clip(golden.model,
                          make_learner(config_of_case(name, checkpoint), golden.model),
                          golden.class_names);
  const ParameterMap values = checkpoint.read(clip.learner().parameters(clip.classes()));
  const Matrix expected = golden.tensor(name + ".final_logits");
  PromptedWorkspace workspace(golden.model.device());
  const PromptedPass pass = clip.forward(values, golden.images, workspace, Keep::kNothing);
  const bool stored_as_fp16 = round_to_half(values) == values;
  EXPECT_LE(largest_difference(pass.outputs().logits, expected),
            stored_as_fp16 ? kHalfLogits : kFloat32.logits);
  const AdaptedModel adapted = AdaptedModel::of(clip, values);
  // Features of images that are served are rounded to fp16.
  const Matrix served = adapted.prompts_images()
                            ? adapted.logits_of_pixels(golden.images.pixels)
                            : adapted.logits_of_frozen(golden.images.unit_features);
  EXPECT_LE(largest_difference(served, expected), kHalfLogits);
}

TEST(Reference, ImportedCheckpointsGiveTheReferencesLogits) {
  const fs::path goldens = testing::goldens_folder();
  const auto files = imported_files(goldens);
  if (files.empty() || !GoldenTraining::has_model(goldens)) {
    GTEST_SKIP() << "this set has no checkpoints of Dassl, or no Hugging Face checkpoint";
  }
  const GoldenTraining coop(goldens, "coop.safetensors", Precision::kFloat32);
  const GoldenTraining maple(goldens, "maple.safetensors", Precision::kFloat32);
  for (const auto& [name, path] : files) {
    const bool in_coop = name.starts_with("coop") || name.starts_with("cocoop");
    expect_imported(in_coop ? coop : maple, name, path);
  }
}

}  // namespace
}  // namespace qprompt

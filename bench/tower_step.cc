// A step of a tower, with a learned context or tokens in it, or without:
//   tower_step MODEL text CLASSES N_CTX STEPS [FORMAT]      a CoOp step, forward and backward
//   tower_step MODEL text-anew CLASSES N_CTX STEPS [FORMAT] in turn with it, the same step with its
//                                                           class list read again
//   tower_step MODEL text-forward CLASSES N_CTX STEPS [FORMAT]  classes as they come, forward alone
//   tower_step MODEL image BATCH 0 STEPS [FORMAT]           the image tower's forward pass
//   tower_step MODEL image-step BATCH N_CTX STEPS [FORMAT]  forward and backward, N_CTX vision
//                                                           tokens before each of 9 layers
// FORMAT: fp32, bf16, auto or int8. Every class has five rows of its own. Compared (bench/step.h):
// loss and norm of its gradient; features.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/step.h"
#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/clip/text_tower.h"
#include "qprompt/core/error.h"
#include "qprompt/tokenizer/tokenizer.h"
#include "qprompt/train/loss.h"

namespace qprompt::bench {
namespace {

constexpr Index kOwnRows = 5;  // four tokens and EOT
constexpr Index kBatchImages = 32;
constexpr Index kPromptedLayers = 9;  // MaPLe's

TextLayout layout_of(const Model& model, Index classes, Index n_ctx) {
  TextLayout layout;
  layout.shared.push_back(TextRow::token(model.tokenizer().start_token()));
  for (Index i = 0; i < n_ctx; ++i) layout.shared.push_back(TextRow::learned(i));
  for (Index c = 0; c < classes; ++c) {
    std::vector<TextRow> own;
    for (Index i = 0; i + 1 < kOwnRows; ++i) {
      const Index token = (1000 + 37 * c + 1009 * i) % (model.shape().vocabulary - 2);
      own.push_back(TextRow::token(static_cast<int>(token)));
    }
    own.push_back(TextRow::token(model.tokenizer().end_token()));
    layout.own.push_back(std::move(own));
  }
  return layout;
}

std::vector<Timing> text_case(const Model& model, Index classes, Index n_ctx, int steps,
                              bool also_anew) {
  const auto tower = model.text_tower(kernels::Differentiable::kYes);
  const TextLayout layout = layout_of(model, classes, n_ctx);
  const auto prepared = tower->embed(layout);
  const TextPrompts prompts{wave(1, n_ctx, model.shape().text.width, 0.02), {}};
  const Matrix images = UnitRows(wave(2, kBatchImages, model.shape().embed, 1)).unit;
  std::vector<int> labels;
  for (Index i = 0; i < kBatchImages; ++i) labels.push_back(static_cast<int>(i % classes));
  TextWorkspace workspace(model.device());
  const auto step = [&](std::shared_ptr<const EmbeddedTexts> embedded) {
    TextPass pass = tower->forward(std::move(embedded), prompts, workspace, Keep::kForPullBack);
    const UnitRows texts(pass.features());
    const LossGradient loss =
        cross_entropy(cosine_logits(images, texts.unit, model.logit_scale()), labels);
    const TextPrompts gradient = pass.pull_back(
        texts.pull_back(cosine_logits_pull_back(images, model.logit_scale(), loss.d_logits)));
    note(std::map<std::string, double>{{"loss", loss.loss}, {"ctx", gradient.rows.norm()}});
  };
  std::vector<std::function<void()>> cases{[&] { step(prepared); }};
  if (also_anew) cases.push_back([&] { step(tower->embed(layout)); });
  return timings_of(steps, cases);
}

std::vector<Timing> text_forward_case(const Model& model, Index classes, Index n_ctx, int steps) {
  const auto tower = model.text_tower();
  const TextLayout layout = layout_of(model, classes, n_ctx);
  const TextPrompts prompts{wave(1, n_ctx, model.shape().text.width, 0.02), {}};
  TextWorkspace workspace(model.device());
  return timings_of(steps, {[&] {
                      const Matrix f =
                          tower->forward(layout, prompts, workspace, Keep::kNothing).features();
                      note(std::vector{f(0, 0), f(0, 1), f(0, 2), f(0, 3)});
                    }});
}

std::vector<Timing> image_case(const Model& model, Index batch, int steps) {
  const auto tower = model.image_tower();
  const Matrix images = wave(3, batch, 3 * tower->image_size() * tower->image_size(), 1);
  ImageWorkspace workspace(model.device());
  return timings_of(steps, {[&] {
                      const Matrix f = tower->forward(images, {}, workspace);
                      note(std::vector{f(0, 0), f(0, 1), f(0, 2), f(0, 3)});
                    }});
}

std::vector<Timing> image_step_case(const Model& model, Index batch, Index n_ctx, int steps) {
  const auto tower = model.image_tower(kernels::Differentiable::kYes);
  const Matrix images = wave(3, batch, 3 * tower->image_size() * tower->image_size(), 1);
  const Matrix d_features = wave(5, batch, model.shape().embed, 1);
  const auto prompt = [&](Index layer) {
    return wave(4.0 + static_cast<double>(layer), n_ctx, tower->prompt_width(), 0.02);
  };
  VisionPrompts prompts{prompt(0), {}};
  const Index layers = std::min(kPromptedLayers, tower->layers());
  for (Index l = 1; l < layers; ++l) prompts.deep.push_back(prompt(l));
  ImageWorkspace workspace(model.device());
  return timings_of(steps, {[&] {
                      Matrix features(batch, model.shape().embed);
                      Matrix gradient = Matrix::Zero(n_ctx, tower->prompt_width());
                      for (const auto [first, count] : tower->parts_of(batch, prompts, workspace)) {
                        ImagePass pass = tower->forward(images.middleRows(first, count), prompts,
                                                        workspace, Keep::kForPullBack);
                        features.middleRows(first, count) = pass.features();
                        gradient += pass.pull_back(d_features.middleRows(first, count)).tokens;
                      }
                      note(std::vector{features(0, 0), features(0, 1), gradient.norm()});
                    }});
}

std::vector<Timing> timings_of_case(const std::string& kind, const Model& model, Index n,
                                    Index n_ctx, int steps) {
  if (kind == "text") return text_case(model, n, n_ctx, steps, false);
  if (kind == "text-anew") return text_case(model, n, n_ctx, steps, true);
  if (kind == "text-forward") return text_forward_case(model, n, n_ctx, steps);
  if (kind == "image") return image_case(model, n, steps);
  require(kind == "image-step", "tower_step: case '", kind,
          "', expected text, text-anew, text-forward, image, image-step");
  return image_step_case(model, n, n_ctx, steps);
}

void run(const std::vector<std::string>& arguments) {
  require(arguments.size() == 5 || arguments.size() == 6,
          "usage: tower_step MODEL text|text-anew|text-forward|image|image-step N N_CTX STEPS "
          "[fp32|bf16|auto|int8]");
  const Model model = load_model(arguments, 5);
  const std::string& kind = arguments[1];
  const Index n = std::stol(arguments[2]), n_ctx = std::stol(arguments[3]);
  const int steps = std::stoi(arguments[4]);
  require(n > 0 && steps > 0, "tower_step: ", n, " classes or images, ", steps, " steps");
  std::vector<Timing> timings;
  // Where a training's steps run.
  model.device().run([&] { timings = timings_of_case(kind, model, n, n_ctx, steps); });
  for (std::size_t i = 0; i < timings.size(); ++i) {
    print(i == 0 && timings.size() > 1 ? "text" : kind,
          kernels::precision_name(model.device().info()), timings[i]);
  }
}

}  // namespace
}  // namespace qprompt::bench

int main(int argc, char** argv) {
  return qprompt::bench::run_main(argc, argv, qprompt::bench::run);
}

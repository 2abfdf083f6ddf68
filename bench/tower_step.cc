// One case a process, so that its peak memory is its own:
//   tower_step MODEL text CLASSES N_CTX STEPS [fp32|bf16|auto|int8]   a CoOp step, forward and
//   backward tower_step MODEL text-anew CLASSES N_CTX STEPS [fp32|...]    in turn with it, the same
//   step with
//                                                                its class list read again
//   tower_step MODEL image BATCH 0 STEPS [fp32|bf16|auto]        the image tower's forward pass
//   tower_step MODEL image-step BATCH N_CTX STEPS [fp32|...]     forward and backward, N_CTX vision
//                                                                tokens before each of 9 layers
// Every class has five rows of its own. Inputs are formulas of their positions, so that other
// programs can do the same work (bench/peer/inputs.py) and compare what comes out ("check": loss
// and norm of its gradient; features). Prints one line of JSON. CPU seconds, of all threads, are
// what to compare on a machine that others use, with OMP_WAIT_POLICY=passive.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/clip/text_tower.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/tokenizer/tokenizer.h"
#include "qprompt/train/loss.h"

namespace qprompt {
namespace {

constexpr Index kOwnRows = 5;  // four tokens and EOT
constexpr Index kBatchImages = 32;
constexpr Index kPromptedLayers = 9;  // MaPLe's

struct Timing {
  double median_seconds, cpu_seconds;  // of one step
};

// size * sqrt(2) * sin(offset + 0.7 k) at place k.
Matrix wave(double offset, Index rows, Index cols, double size) {
  Matrix values(rows, cols);
  for (Index k = 0; k < values.size(); ++k) {
    values.data()[k] =
        static_cast<float>(size * std::sqrt(2.0) * std::sin(offset + 0.7 * static_cast<double>(k)));
  }
  return values;
}

// What other programs' results are compared with, of the first step.
std::vector<double> check;
void note(std::initializer_list<double> values) {
  if (check.empty()) check = values;
}

double wall_clock() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double cpu_clock() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Of each of `cases`, which take turns.
std::vector<Timing> timings_of(int steps, const std::vector<std::function<void()>>& cases) {
  std::vector<std::vector<double>> seconds(cases.size());
  std::vector<double> cpu(cases.size());
  for (const auto& step : cases) step();  // packs, allocates, creates primitives
  for (int i = 0; i < steps; ++i) {
    for (std::size_t c = 0; c < cases.size(); ++c) {
      const double start = wall_clock(), cpu_start = cpu_clock();
      cases[c]();
      seconds[c].push_back(wall_clock() - start);
      cpu[c] += (cpu_clock() - cpu_start) / steps;
    }
  }
  std::vector<Timing> timings;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    std::nth_element(seconds[c].begin(), seconds[c].begin() + steps / 2, seconds[c].end());
    timings.push_back({seconds[c][steps / 2], cpu[c]});
  }
  return timings;
}

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
    note({loss.loss, gradient.rows.norm()});
  };
  std::vector<std::function<void()>> cases{[&] { step(prepared); }};
  if (also_anew) cases.push_back([&] { step(tower->embed(layout)); });
  return timings_of(steps, cases);
}

std::vector<Timing> image_case(const Model& model, Index batch, int steps) {
  const auto tower = model.image_tower();
  const Matrix images = wave(3, batch, 3 * tower->image_size() * tower->image_size(), 1);
  ImageWorkspace workspace(model.device());
  return timings_of(steps, {[&] {
                      const Matrix f = tower->forward(images, {}, workspace);
                      note({f(0, 0), f(0, 1), f(0, 2), f(0, 3)});
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
                      ImagePass pass =
                          tower->forward(images, prompts, workspace, Keep::kForPullBack);
                      const VisionPrompts gradient = pass.pull_back(d_features);
                      note({pass.features()(0, 0), pass.features()(0, 1), gradient.tokens.norm()});
                    }});
}

std::vector<Timing> timings_of_case(const std::string& kind, const Model& model, Index n,
                                    Index n_ctx, int steps) {
  if (kind == "text") return text_case(model, n, n_ctx, steps, false);
  if (kind == "text-anew") return text_case(model, n, n_ctx, steps, true);
  if (kind == "image") return image_case(model, n, steps);
  require(kind == "image-step", "tower_step: case '", kind,
          "', expected text, text-anew, image, image-step");
  return image_step_case(model, n, n_ctx, steps);
}

int run(int argc, char** argv) {
  require(argc >= 6,
          "usage: tower_step MODEL text|text-anew|image|image-step N N_CTX STEPS "
          "[fp32|bf16|auto|int8]");
  ModelOptions options;
  if (argc > 6) options.device.precision = enum_from_name<kernels::Precision>(argv[6]);
  const Model model = Model::load(argv[1], options);
  const std::string kind = argv[2];
  const Index n = std::atol(argv[3]), n_ctx = std::atol(argv[4]);
  const int steps = std::atoi(argv[5]);
  require(n > 0 && steps > 0, "tower_step: ", n, " classes or images, ", steps, " steps");
  std::vector<Timing> timings;
  // Where a training's steps run.
  model.device().run([&] { timings = timings_of_case(kind, model, n, n_ctx, steps); });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  for (std::size_t i = 0; i < timings.size(); ++i) {
    fmt::print(R"({{"case": "{}", "n": {}, "n_ctx": {}, "format": "{}", "median_seconds": {:.5f}, )"
               R"("cpu_seconds": {:.5f}, "peak_mb": {:.0f}, "check": [{:.7g}]}})"
               "\n",
               i == 0 && timings.size() > 1 ? "text" : kind, n, n_ctx,
               kernels::precision_name(model.device().info()), timings[i].median_seconds,
               timings[i].cpu_seconds, static_cast<double>(usage.ru_maxrss) / 1024,
               fmt::join(check, ", "));
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace qprompt

int main(int argc, char** argv) {
  try {
    return qprompt::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tower_step: {}\n", error.what());
    return EXIT_FAILURE;
  }
}

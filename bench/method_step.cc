// A training step of a method, as the trainer does it without quantizer and optimiser: forward,
// cross-entropy, pull-back.
//   method_step MODEL METHOD CLASSES BATCH STEPS [fp32|bf16|auto]
// Settings are the method's own but for its words. Compared (bench/step.h): the loss, and the norm
// of each matrix's gradient.

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bench/step.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/prompt/prompted_clip.h"
#include "qprompt/train/objective.h"

namespace qprompt::bench {
namespace {

constexpr int kShots = 16;

// In place of "a photo of a": a letter is a token of its own in every vocabulary of CLIP's.
constexpr char kWords[] = "a p o a";

MethodConfig config_of(const std::string& method) {
  MethodConfig config = default_config(enum_from_name<MethodTag>(method));
  require(learns_by_steps(config), "method_step: ", method, " does not learn by steps");
  const auto set_words = [](auto& fields) {
    if constexpr (requires { fields.ctx_init; }) fields.ctx_init = kWords;
    if constexpr (requires { fields.text_template; }) {
      fields.text_template = std::string(kWords) + " {}.";
    }
  };
  std::visit(set_words, config);
  return config;
}

// "a a a", "b a a", ...
std::vector<std::string> class_names_of(Index classes) {
  std::vector<std::string> names;
  for (Index c = 0; c < classes; ++c) {
    std::string name = "? ? ?";
    Index rest = c;
    for (const std::size_t place : {0, 2, 4}) {
      name[place] = static_cast<char>('a' + rest % 26);
      rest /= 26;
    }
    names.push_back(name);
  }
  return names;
}

SeenClasses seen_classes_of(const std::vector<std::string>& names) {
  SeenClasses seen;
  for (const std::string& name : names) seen.push_back({name, kShots});
  return seen;
}

// In the order of their names, each a wave of another phase.
ParameterMap values_of(const PromptLearner& learner, const ClassTokens& classes) {
  ParameterMap values;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    values[spec.name] = Matrix(spec.rows, spec.cols);
  }
  double rank = 0;
  for (auto& [name, value] : values) value = wave(rank++, value.rows(), value.cols(), 0.02);
  return values;
}

Matrix unit_wave(double offset, Index rows, Index cols) {
  return UnitRows(wave(offset, rows, cols, 1)).unit;
}

ImageBatch batch_of(const PromptedClip& clip, Index images) {
  const ClipShape& shape = clip.model().shape();
  const Index size = shape.grid * shape.patch;
  if (clip.learner().prompts_images()) return {{}, wave(3, images, 3 * size * size, 1)};
  return {unit_wave(2, images, shape.embed), {}};
}

std::unique_ptr<Penalty> penalty_of(const PromptedClip& clip) {
  const FeatureLearner* head = clip.learner().head();
  if (head == nullptr) return nullptr;
  std::vector<int> labels;
  for (Index i = 0; i < kShots * clip.classes().count(); ++i) {
    labels.push_back(static_cast<int>(i / kShots));
  }
  const Matrix features = unit_wave(6, std::ssize(labels), clip.model().shape().embed);
  return head->penalty({features, labels}, clip.class_texts());
}

std::map<std::string, double> norms_of(const StepGradient& step) {
  std::map<std::string, double> norms{{"loss", step.loss}};
  for (const auto& [name, gradient] : step.gradient) norms[name] = gradient.norm();
  return norms;
}

Timing timing_of(const PromptedClip& clip, Index images, int steps) {
  const Objective objective({}, clip.model(), clip.classes().names);
  const std::unique_ptr<Penalty> penalty = penalty_of(clip);
  const ParameterMap values = values_of(clip.learner(), clip.classes());
  const ImageBatch batch = batch_of(clip, images);
  std::vector<int> labels;
  for (Index i = 0; i < images; ++i) labels.push_back(static_cast<int>(i % clip.classes().count()));
  PromptedWorkspace workspace(clip.model().device());
  return timings_of(steps, {[&] {
                      StepGradient step =
                          loss_and_gradient(clip, objective, values, batch, labels, workspace);
                      if (penalty != nullptr) step.loss += penalty->add(values, step.gradient);
                      note(norms_of(step));
                    }})
      .front();
}

void run(const std::vector<std::string>& arguments) {
  require(arguments.size() == 5 || arguments.size() == 6,
          "usage: method_step MODEL METHOD CLASSES BATCH STEPS [fp32|bf16|auto]");
  const Model model = load_model(arguments, 5);
  const Index classes = std::stol(arguments[2]), images = std::stol(arguments[3]);
  const int steps = std::stoi(arguments[4]);
  require(classes > 0 && images > 0 && steps > 0, "method_step: ", classes, " classes, ", images,
          " images, ", steps, " steps");
  const std::vector<std::string> names = class_names_of(classes);
  const PromptedClip clip(
      model, make_learner(config_of(arguments[1]), model, seen_classes_of(names)), names);
  Timing timing{};
  // Where a training's steps run.
  model.device().run([&] { timing = timing_of(clip, images, steps); });
  print(arguments[1], kernels::precision_name(model.device().info()), timing);
}

}  // namespace
}  // namespace qprompt::bench

int main(int argc, char** argv) {
  return qprompt::bench::run_main(argc, argv, qprompt::bench::run);
}

#include "qprompt/train/trainer.h"

#include <cmath>
#include <optional>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/train/loss.h"

namespace qprompt {
namespace {

// Purposes of the random streams: one never disturbs another.
enum Purpose : std::uint64_t { kInitialValues = 1, kBatches = 2, kNoise = 3 };

std::uint64_t stream_seed(std::uint64_t seed, Purpose purpose) {
  return Random(seed, purpose).bits();
}

// The order of an epoch's images and the view that each shows. Every epoch has a stream of its own:
// a run that is resumed needs no generator's state.
struct EpochPlan {
  std::vector<Index> order;  // of images
  std::vector<Index> rows;   // of the feature matrix, in that order
};

EpochPlan plan_epoch(const TrainingSet& set, int epoch, std::uint64_t seed) {
  Random random(seed, static_cast<std::uint64_t>(epoch));
  EpochPlan plan{random.permutation(set.images()), {}};
  for (Index image : plan.order) {
    const Index view = set.fresh_views ? epoch : random.below(set.views);
    plan.rows.push_back(image * set.views + view);
  }
  return plan;
}

// Dassl drops the last, smaller batch unless it is the only one.
Index batches_of(Index images, Index batch_size) {
  return images < batch_size ? 1 : images / batch_size;
}

class Training {
 public:
  Training(const Model& model, const PromptLearner& learner,
           const std::vector<std::string>& class_names, const TrainingSet& set,
           const TrainingConfig& config, std::uint64_t seed)
      : problem_(model, learner, class_names),
        set_(set),
        config_(config),
        workspace_(model.device()),
        batch_seed_(stream_seed(seed, kBatches)),
        sgd_(config.optimizer),
        result_{learner.initial_values(problem_.classes, stream_seed(seed, kInitialValues)),
                Quantizer(config.quantizer, stream_seed(seed, kNoise),
                          bits_by_name(learner, problem_.classes,
                                       parse_bits(config.quantizer.bits))),
                {},
                0,
                false} {}

  void epoch(int epoch, const Observer& observer) {
    const EpochPlan plan = plan_epoch(set_, epoch, batch_seed_);
    const Index batch = std::min<Index>(config_.batch_size, set_.images());
    const Index batches = batches_of(set_.images(), batch);
    EpochReport report{epoch + 1, config_.epochs, 0, 0,
                       learning_rate(config_.optimizer, epoch, config_.epochs)};
    for (Index b = 0; b < batches; ++b) {
      const StepGradient done = step(plan, b * batch, batch, report.lr);
      report.loss += done.loss / static_cast<double>(batches);
      report.accuracy += static_cast<double>(done.correct) / static_cast<double>(batches * batch);
      if (observer.stop && observer.stop()) {
        result_.interrupted = true;
        return;
      }
    }
    result_.epochs.push_back(report);
    if (observer.on_epoch) observer.on_epoch(report);
  }

  bool interrupted() const { return result_.interrupted; }
  TrainingResult finish() && { return std::move(result_); }

 private:
  // adapt, quantize, forward, objective, pull back, step
  StepGradient step(const EpochPlan& plan, Index first, Index count, double lr) {
    Matrix images(count, set_.features.cols());
    std::vector<int> labels;
    for (Index i = 0; i < count; ++i) {
      images.row(i) = set_.features.row(plan.rows[first + i]);
      labels.push_back(set_.labels[plan.order[first + i]]);
    }
    const ParameterMap selected = quantizable(problem_.learner, problem_.classes, result_.values);
    result_.quantizer.adapt(selected, result_.steps);
    ParameterMap used = result_.quantizer.quantize(selected, result_.steps);
    used.insert(result_.values.begin(), result_.values.end());  // what is not quantized, as it is
    StepGradient gradient = loss_and_gradient(problem_, used, images, labels, workspace_);
    require_finite(gradient);
    sgd_.step(result_.values, gradient.gradient, lr);
    ++result_.steps;
    return gradient;
  }

  void require_finite(const StepGradient& gradient) const {
    require(std::isfinite(gradient.loss), "loss is ", gradient.loss, " at step ", result_.steps,
            "; a smaller learning rate may help");
    for (const auto& [name, g] : gradient.gradient) {
      require(g.allFinite(), "the gradient of '", name, "' is not finite at step ", result_.steps,
              "; a smaller learning rate may help");
    }
  }

  LearningProblem problem_;
  const TrainingSet& set_;
  const TrainingConfig& config_;
  TextWorkspace workspace_;
  std::uint64_t batch_seed_;
  Sgd sgd_;
  TrainingResult result_;
};

void require_trainable(const TrainingSet& set, const TrainingConfig& config) {
  require(config.epochs >= 1, "epochs ", config.epochs, ", expected at least 1");
  require(config.batch_size >= 1, "batch_size ", config.batch_size, ", expected at least 1");
  require(set.images() > 0, "train: no images");
  require(set.views >= 1 && set.features.rows() == set.images() * set.views,
          "train: ", set.features.rows(), " features of ", set.images(), " images under ",
          set.views, " views");
  require(!set.fresh_views || set.views >= config.epochs, "train: ", set.views, " fresh views for ",
          config.epochs, " epochs");
}

}  // namespace

ParameterMap quantizable(const PromptLearner& learner, const ClassTokens& classes,
                         const ParameterMap& values) {
  ParameterMap selected;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind != ParameterKind::kBias) selected.emplace(spec.name, values.at(spec.name));
  }
  return selected;
}

std::map<std::string, int> bits_by_name(const PromptLearner& learner, const ClassTokens& classes,
                                        const BitsPerKind& bits) {
  std::map<std::string, int> widths;
  for (const ParameterSpec& spec : learner.parameters(classes)) {
    if (spec.kind == ParameterKind::kContext) widths[spec.name] = bits.context;
    if (spec.kind == ParameterKind::kProjection) widths[spec.name] = bits.projection;
  }
  return widths;
}

LearningProblem::LearningProblem(const Model& model_in, const PromptLearner& learner_in,
                                 const std::vector<std::string>& class_names)
    : model(model_in),
      learner(learner_in),
      classes(tokenize_classes(model.tokenizer(), class_names, model.shape().context_length)),
      layout(learner.layout(classes)),
      tower(model.text_tower(kernels::Differentiable::kYes)) {}

StepGradient loss_and_gradient(const LearningProblem& problem, const ParameterMap& values,
                               const Matrix& unit_images, std::span<const int> labels,
                               TextWorkspace& workspace) {
  const PromptInputs inputs{problem.classes, unit_images};
  const Prompts prompts = problem.learner.prompts(values, inputs);
  TextPass texts =
      problem.tower->forward(problem.layout, prompts.text.front(), workspace, Keep::kForPullBack);
  const UnitRows unit_texts(texts.features());
  const float scale = problem.model.logit_scale();
  const LossGradient loss =
      cross_entropy(cosine_logits(unit_images, unit_texts.unit, scale), labels);

  const Matrix d_unit = cosine_logits_pull_back(unit_images, scale, loss.d_logits);
  const Prompts d_prompts{{texts.pull_back(unit_texts.pull_back(d_unit))}, {}};
  return {loss.loss, loss.correct, problem.learner.pull_back(values, inputs, d_prompts)};
}

TrainingResult train(const Model& model, const PromptLearner& learner,
                     const std::vector<std::string>& class_names, const TrainingSet& set,
                     const TrainingConfig& config, std::uint64_t seed, const Observer& observer) {
  require_trainable(set, config);
  Training training(model, learner, class_names, set, config, seed);
  for (int epoch = 0; epoch < config.epochs && !training.interrupted(); ++epoch) {
    training.epoch(epoch, observer);
  }
  return std::move(training).finish();
}

}  // namespace qprompt

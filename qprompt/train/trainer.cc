#include "qprompt/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/finite.h"
#include "qprompt/core/random.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/kernels/device.h"

namespace qprompt {
namespace {

constexpr Index kValidationBatch = 256;
constexpr float kLargestHalf = 65504;

// Purposes of the random streams: one never disturbs another.
enum Purpose : std::uint64_t { kInitialValues = 1, kBatches = 2, kNoise = 3 };

std::uint64_t stream_seed(std::uint64_t seed, Purpose purpose) {
  return Random(seed, purpose).bits();
}

// The matrix to name when numbers run away: the first that is not finite, else the largest.
std::string suspect(const ParameterMap& values) {
  std::string name;
  float largest = -1;
  for (const auto& [candidate, matrix] : values) {
    if (!all_finite(matrix)) return candidate;
    const float size = matrix.cwiseAbs().maxCoeff();
    if (size > largest) {
      largest = size;
      name = candidate;
    }
  }
  return name;
}

Shots shots_of(const TrainingSet& set) { return {set.features, set.labels, set.views}; }

// Without steps there are no epochs.
int epochs_of(const PromptedClip& clip, const TrainingConfig& config) {
  return clip.learner().learns_by_steps() ? epochs_to_do(config) : 0;
}

class Training {
 public:
  Training(const PromptedClip& clip, const TrainingData& data, const TrainingConfig& config,
           std::uint64_t seed)
      : clip_(clip),
        ranks_(clip.model().engine().ranks()),
        data_(data),
        config_(config),
        objective_(config.regularizer, clip.model(), clip.classes().names),
        workspace_(clip.model().device()),
        batch_seed_(stream_seed(seed, kBatches)),
        optimizer_(config.optimizer),
        quantizer_(clip.learner(), clip.classes(), config.quantizer, stream_seed(seed, kNoise)) {
    if (config.model_choice == ModelChoice::kAverage) weights_ = epoch_weights(config);
    const Shots shots = shots_of(data.set);
    state_.current.values = clip.initial_values(shots, stream_seed(seed, kInitialValues));
    if (const FeatureLearner* head = clip.learner().head()) {
      penalty_ = head->penalty(shots, clip.class_texts());
    }
    if (data.resume != nullptr) resume(*data.resume);
    require(!objective_.compares_images() || data.set.features.size() > 0,
            "train: the regularizer needs features of the frozen image tower");
    require(!objective_.compares_texts_only() || clip.prompts_texts(),
            "train: the regularizer compares texts, and this method learns none");
  }

  TrainingResult run(const Observer& observer) {
    quantizer_.watch(observer.on_divergence);
    // Several ranks stop after the same step, not amid it.
    if (ranks_.size() == 1) workspace_.image.stop = observer.stop;
    const int epochs = epochs_of(clip_, config_);
    for (int e = static_cast<int>(state_.epochs.size()); e < epochs && !out_of_patience(); ++e) {
      if (!epoch(e, observer)) return finish(true);
    }
    return finish(false);
  }

 private:
  void resume(const TrainingState& state) {
    const auto require_fits = [this](const ParameterMap& values) {
      require_parameters(clip_.learner(), clip_.classes(), values);
    };
    require_fits(state.current.values);
    require_fits(state.velocity);
    if (config_.optimizer.kind == OptimizerKind::kAdamW) require_fits(state.squares);
    if (!state.chosen.values.empty()) require_fits(state.chosen.values);
    require(std::ssize(state.epochs) <= config_.epochs, "train: ", state.epochs.size(),
            " epochs are done, of ", config_.epochs);
    state_ = state;
    optimizer_.restore({state.velocity, state.squares, state.steps});
    quantizer_.restore(state.current.quantizer);
  }

  // False where it was asked to stop amid the epoch.
  bool epoch(int epoch, const Observer& observer) {
    const EpochPlan plan(data_.set, epoch, batch_seed_);
    const Index batch = std::min<Index>(config_.batch_size, data_.set.images());
    const Index batches = steps_per_epoch(data_.set.images(), config_.batch_size);
    EpochReport report{epoch + 1, config_.epochs, 0, 0,
                       learning_rate(config_.optimizer, epoch, config_.epochs)};
    Index b = 0;
    bool stopped = false;
    clip_.model().device().run_while([&] {
      const auto done = step_unless_stopped(plan.batch(b * batch, batch), report.lr);
      stopped = !done || any(ranks_, observer.stop && observer.stop());
      if (!done) return false;
      report.loss += done->loss / static_cast<double>(batches);
      report.accuracy += static_cast<double>(done->correct) / static_cast<double>(batches * batch);
      ++b;
      if (observer.on_step) observer.on_step(epoch * batches + b, config_.epochs * batches);
      return b < batches && !stopped;
    });
    if (stopped) return false;
    if (data_.validation != nullptr) report.validation = validate();
    close(report);
    if (observer.on_epoch) observer.on_epoch(report);
    if (observer.on_values) {
      const ParameterMap& values = state_.current.values;
      observer.on_values(report, {values, quantizer_.deployed(values)});
    }
    if (observer.on_state) observer.on_state(state_);
    return true;
  }

  // A step of many images may be left amid them: its gradient is not taken then.
  std::optional<StepGradient> step_unless_stopped(const Batch& batch, double lr) {
    try {
      return step(batch, lr);
    } catch (const Interrupted&) {
      return std::nullopt;
    }
  }

  // adapt, quantize, forward, objective, pull back, step
  StepGradient step(const Batch& batch, double lr) {
    ParameterMap& values = state_.current.values;
    quantizer_.adapt(values, state_.steps);
    const ParameterMap used = quantizer_.quantize(values, state_.steps);
    StepGradient gradient =
        loss_and_gradient(clip_, objective_, used, batch.images, batch.labels, workspace_);
    if (penalty_ != nullptr) gradient.loss += penalty_->add(used, gradient.gradient);
    require_finite(gradient);
    optimizer_.step(values, gradient.gradient, lr);
    require_bounded();
    ++state_.steps;
    return gradient;
  }

  void require_finite(const StepGradient& gradient) const {
    require(std::isfinite(gradient.loss), "loss is ", gradient.loss, " at step ", state_.steps,
            ", the largest values are those of '", suspect(state_.current.values),
            "'; a smaller learning rate may help");
    for (const auto& [name, g] : gradient.gradient) {
      require(all_finite(g), "the gradient of '", name, "' is not finite at step ", state_.steps,
              "; a smaller learning rate may help");
    }
  }

  // A run whose values leave fp16's range has diverged, even where a loss is still a number.
  void require_bounded() const {
    for (const auto& [name, values] : state_.current.values) {
      const float largest = values.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
      require(largest <= kLargestHalf, "the values of '", name, "' reach ", largest, " at step ",
              state_.steps, "; a smaller learning rate may help");
    }
  }

  double validate() const {
    const ParameterMap deployed = quantizer_.deployed(state_.current.values);
    return accuracy(AdaptedModel::of(clip_, deployed), *data_.validation);
  }

  // Takes what an epoch leaves behind into the state.
  void close(const EpochReport& report) {
    const bool better = report.validation > best_validation();
    state_.epochs.push_back(report);
    state_.velocity = optimizer_.state().velocity;
    state_.squares = optimizer_.state().squares;
    state_.current.quantizer = quantizer_.state();
    if (chooses_epoch(config_) && better) {
      state_.chosen = state_.current;
      state_.chosen_epoch = report.epoch;
    }
    if (config_.model_choice == ModelChoice::kAverage) {
      const auto weight = static_cast<float>(weights_[report.epoch - 1]);
      for (const auto& [name, values] : state_.current.values) {
        Matrix& sum = state_.chosen.values[name];
        sum = sum.size() == 0 ? Matrix(weight * values) : Matrix(sum + weight * values);
      }
    }
  }

  double best_validation() const {
    double best = config_.model_choice == ModelChoice::kBestOrZeroShot ? data_.zero_shot : -1;
    for (const EpochReport& report : state_.epochs) best = std::max(best, report.validation);
    return best;
  }

  bool out_of_patience() const {
    if (config_.patience <= 0) return false;
    const auto best =
        std::max_element(state_.epochs.begin(), state_.epochs.end(),
                         [](const auto& a, const auto& b) { return a.validation < b.validation; });
    return state_.epochs.end() - best > config_.patience;
  }

  TrainingResult finish(bool interrupted) {
    quantizer_.watch(nullptr);
    TrainingResult result{state_.current.values,
                          quantizer_,
                          state_.epochs,
                          state_.steps,
                          static_cast<int>(state_.epochs.size()),
                          interrupted};
    if (config_.model_choice == ModelChoice::kBestOrZeroShot) result.chosen_epoch = 0;
    if (chooses_epoch(config_) && state_.chosen_epoch > 0) {
      result.values = state_.chosen.values;
      result.quantizer.restore(state_.chosen.quantizer);
      result.chosen_epoch = state_.chosen_epoch;
    }
    // The weights sum to 1 over all epochs: a part of the sum is no average.
    const bool whole = static_cast<int>(state_.epochs.size()) == config_.epochs;
    if (config_.model_choice == ModelChoice::kAverage && whole) {
      result.values = state_.chosen.values;
    }
    return result;
  }

  const PromptedClip& clip_;
  const Ranks& ranks_;
  const TrainingData& data_;
  const TrainingConfig& config_;
  Objective objective_;
  PromptedWorkspace workspace_;
  std::uint64_t batch_seed_;
  std::vector<double> weights_;  // of the epochs in an average
  Optimizer optimizer_;
  std::unique_ptr<Penalty> penalty_;  // of the learner, or none
  PromptQuantizer quantizer_;
  TrainingState state_;
};

void require_trainable(const PromptedClip& clip, const TrainingData& data,
                       const TrainingConfig& config) {
  require_valid(config);
  require_consistent(data.set);
  const int epochs = epochs_of(clip, config);
  require(!data.set.fresh_views || data.set.views >= epochs, "train: ", data.set.views,
          " fresh views for ", epochs, " epochs");
  require(!needs_validation(config) || data.validation != nullptr,
          "train: ", enum_name(config.model_choice), " with patience ", config.patience,
          " needs validation images");
  if (data.validation != nullptr) require_consistent(*data.validation);
}

}  // namespace

Index steps_per_epoch(Index images, int batch_size) {
  return images < batch_size ? 1 : images / batch_size;
}

AdaptedModel::Scores scores(const AdaptedModel& model, const TrainingSet& set) {
  const Index views = set.images() * set.views, classes = std::ssize(model.class_names());
  AdaptedModel::Scores all{Matrix(views, classes), Matrix(views, classes)};
  for (Index first = 0; first < views; first += kValidationBatch) {
    const Index count = std::min(kValidationBatch, views - first);
    const ImageBatch images = consecutive_views(set, first, count).images;
    // A set for learned tokens in the image tower may hold pixels alone: of them any model's.
    const bool sees_pixels = model.prompts_images() || set.features.size() == 0;
    const auto some = sees_pixels ? model.scores_of_pixels(images.pixels)
                                  : model.scores_of_frozen(images.unit_features);
    all.logits.middleRows(first, count) = some.logits;
    all.raw.middleRows(first, count) = some.raw;
  }
  return all;
}

Matrix logits(const AdaptedModel& model, const TrainingSet& set) {
  return scores(model, set).logits;
}

double accuracy(const AdaptedModel& model, const TrainingSet& set) {
  const std::vector<int> predicted = predictions(logits(model, set));
  Index correct = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    correct += predicted[i] == set.labels[i / static_cast<std::size_t>(set.views)];
  }
  return static_cast<double>(correct) / static_cast<double>(predicted.size());
}

TrainingResult train(const PromptedClip& clip, const TrainingData& data,
                     const TrainingConfig& config, std::uint64_t seed, const Observer& observer) {
  require_trainable(clip, data, config);
  return Training(clip, data, config, seed).run(observer);
}

}  // namespace qprompt

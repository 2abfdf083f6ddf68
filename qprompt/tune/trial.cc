#include "qprompt/tune/trial.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/train/trainer.h"
#include "qprompt/tune/schedule.h"

namespace qprompt {

bool is_judged_by_epoch(const LearnConfig& config) {
  return learns_by_steps(config.method) && config.training.model_choice == ModelChoice::kLastEpoch;
}

int epochs_to_judge(const TuneCandidate& candidate) {
  const bool by_epoch = !candidate.is_zero_shot() && is_judged_by_epoch(candidate.parts.front());
  return by_epoch ? epochs_to_do(candidate.parts.front().training) : 1;
}

namespace {

std::vector<AdaptedModel> models_of(const std::vector<PromptedClip>& asked,
                                    const ParameterMap& deployed) {
  std::vector<AdaptedModel> models;
  models.reserve(asked.size());
  for (const PromptedClip& clip : asked) models.push_back(AdaptedModel::of(clip, deployed));
  return models;
}

void throw_interrupted(const TrainingResult& trained) {
  if (trained.interrupted) throw Interrupted();
}

}  // namespace

Trial::Trial(const FoldBench& bench, const TuneCandidate& candidate, const Model& model,
             Index images)
    : bench_(bench), candidate_(candidate), model_(model), images_(images) {}

Trial::Part Trial::part_of(const LearnConfig& config) const {
  TrainingSet set = bench_.to_learn(config);
  const auto learner =
      make_learner(config.method, model_, seen_classes(bench_.learned_names(), set.labels));
  std::vector<PromptedClip> asked;
  for (const auto& names : bench_.asked()) {
    asked.emplace_back(model_, learner, names, kernels::Differentiable::kNo);
  }
  PromptedClip clip(model_, learner, bench_.learned_names());
  return {config, std::move(set), std::move(clip), std::move(asked)};
}

int Trial::fold_epoch(int epoch) const { return stretched_by(stretch_, epoch); }

void Trial::advance(int epoch, const std::function<bool()>& stop) {
  if (std::ssize(judgements_) >= epoch) return;
  if (candidate_.is_zero_shot()) return judge(bench_.zero_shot());
  if (parts_.empty()) {
    for (const LearnConfig& config : candidate_.parts) parts_.push_back(part_of(config));
    stretch_ = stretch(images_, parts_.front().set.images(), parts_.front().config);
    for (Part& part : parts_) {
      const double own = stretch(images_, part.set.images(), part.config);
      part.config.training = stretched_by(own, part.config.training);
    }
    for (std::size_t i = 1; i < parts_.size(); ++i) others_.push_back(learned(parts_[i], stop));
  }
  if (is_judged_by_epoch(candidate_.parts.front())) return learn_by_epochs(epoch, stop);
  judge(learned(parts_.front(), stop));
}

void Trial::learn_by_epochs(int epoch, const std::function<bool()>& stop) {
  const Part& part = parts_.front();
  TrainingConfig training = part.config.training;
  training.stop_epoch = std::min(fold_epoch(epoch), training.epochs);
  Observer observer;
  observer.stop = stop;
  observer.on_values = [&](const EpochReport& report, const EpochValues& values) {
    while (std::ssize(judgements_) < epoch &&
           fold_epoch(static_cast<int>(judgements_.size()) + 1) <= report.epoch) {
      judge(models_of(part.asked, values.deployed));
    }
  };
  observer.on_state = [&](const TrainingState& state) { state_ = state; };
  throw_interrupted(train(part.clip, {part.set, nullptr, state_ ? &*state_ : nullptr}, training,
                          part.config.effective_train_seed(), observer));
}

Trial::Models Trial::learned(const Part& part, const std::function<bool()>& stop) const {
  Observer observer;
  observer.stop = stop;
  const TrainingResult trained = train(part.clip, {part.set}, part.config.training,
                                       part.config.effective_train_seed(), observer);
  throw_interrupted(trained);
  return models_of(part.asked, trained.quantizer.deployed(trained.values));
}

void Trial::judge(const Models& models) {
  if (others_.empty()) {
    judgements_.push_back(bench_.judge(models));
    return;
  }
  Models means;
  for (std::size_t list = 0; list < models.size(); ++list) {
    std::vector<AdaptedModel> parts{models[list]};
    for (const Models& other : others_) parts.push_back(other[list]);
    means.push_back(AdaptedModel::mean_of(parts));
  }
  judgements_.push_back(bench_.judge(means));
}

}  // namespace qprompt

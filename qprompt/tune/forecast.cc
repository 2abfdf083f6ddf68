#include "qprompt/tune/forecast.h"

#include <cmath>
#include <utility>

#include "qprompt/core/error.h"
#include "qprompt/tune/folds.h"
#include "qprompt/tune/schedule.h"

namespace qprompt {
namespace {

// A half of the classes: their names, and the labels that they have among them.
class Half {
 public:
  Half(const std::vector<std::string>& names, const std::vector<bool>& is_in)
      : labels_(is_in.size(), -1) {
    for (std::size_t c = 0; c < is_in.size(); ++c) {
      if (!is_in[c]) continue;
      labels_[c] = static_cast<int>(names_.size());
      names_.push_back(names[c]);
    }
  }

  const std::vector<std::string>& names() const { return names_; }

  TrainingSet part_of(const TrainingSet& set) const {
    std::vector<Index> images;
    std::vector<int> labels;
    for (std::size_t i = 0; i < set.labels.size(); ++i) {
      const int label = labels_[static_cast<std::size_t>(set.labels[i])];
      if (label < 0) continue;
      images.push_back(static_cast<Index>(i));
      labels.push_back(label);
    }
    return qprompt::part_of(set, images, std::move(labels));
  }

  std::vector<Item> part_of(const Dataset& data) const {
    std::vector<Item> items;
    for (const auto* part : {&data.train, &data.val}) {
      for (Item item : *part) {
        item.label = labels_[static_cast<std::size_t>(item.label)];
        if (item.label >= 0) items.push_back(std::move(item));
      }
    }
    return items;
  }

 private:
  std::vector<std::string> names_;
  std::vector<int> labels_;  // of each class; -1 in the other half
};

// The prompt that the run would come to, had it the half alone.
PromptFile learned_from_half(const Model& model, const Half& half, const TrainingData& data,
                             const LearnConfig& config, const Observer& observer) {
  TrainingSet set = half.part_of(data.set);
  set.fresh_views = false;  // the schedule has other epochs: each draws one of the views
  const TrainingSet validation =
      data.validation == nullptr ? TrainingSet() : half.part_of(*data.validation);
  LearnConfig stretched = config;
  stretched.training =
      stretched_by(stretch(data.set.images(), set.images(), config), config.training);
  const bool validates = validation.images() > 0;
  if (!validates) stretched.training.model_choice = ModelChoice::kLastEpoch;
  const Observer quiet{.on_step = observer.on_step, .stop = observer.stop};
  const Learned learned =
      learn_from(model, half.names(), {set, validates ? &validation : nullptr}, stretched, quiet);
  if (learned.interrupted) throw Interrupted();
  return learned.prompt;
}

}  // namespace

Answers answers(const AdaptedModel& model, const TrainingSet& set) {
  const auto correct = std::lround(accuracy(model, set) * static_cast<double>(set.images()));
  return {set.images(), static_cast<Index>(correct)};
}

std::optional<Forecast> forecast(const Model& model, TrainingSets& sets, const LearnConfig& config,
                                 const FeatureOptions& features, const Observer& observer) {
  const std::vector<std::string>& names = sets.chosen().class_names;
  const bool can_hold_out = can_part(static_cast<int>(names.size()), 2);
  if (!can_hold_out || make_learner(config.method, model)->class_bound()) return std::nullopt;
  std::vector<bool> is_novel = held_out_half(std::ssize(names), config.effective_train_seed());
  const Half novel(names, is_novel);
  is_novel.flip();
  const Half learned(names, is_novel);
  const PromptFile prompt =
      learned_from_half(model, learned, sets.data_for(config), config, observer);
  const AdaptedModel adapted(model, prompt, novel.names());
  const bool pixels = adapted.prompts_images();
  const PreparedSet unseen = prepare_validation_set(
      model, novel.part_of(sets.chosen()), {.features = !pixels, .pixels = pixels}, features);
  const auto zero_shot =
      AdaptedModel::zero_shot(model, {zero_shot_template(config)}, novel.names());
  return Forecast{std::ssize(learned.names()), std::ssize(novel.names()),
                  answers(zero_shot, unseen.set), answers(adapted, unseen.set)};
}

}  // namespace qprompt

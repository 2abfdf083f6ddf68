#include "qprompt/run/held_out.h"

#include <set>

namespace qprompt {
namespace {

// Whether each class has features to take the mean of.
bool has_means(const TrainingSet& set, std::size_t classes) {
  const std::set<int> seen(set.labels.begin(), set.labels.end());
  return set.features.size() > 0 && seen.size() == classes;
}

// Of the same views as the run learns from: no image is encoded for it.
PromptFile class_means_of(const Model& model, const std::vector<std::string>& class_names,
                          const TrainingData& data, const LearnConfig& like) {
  LearnConfig config = like;
  config.method = ClassMeansConfig{};
  config.training = {};
  config.training.quantizer.kind = QuantizerKind::kNone;
  return learn_from(model, class_names, {data.set}, config).prompt;
}

}  // namespace

std::optional<HeldOut> held_out(const Model& model, TrainingSets& sets, const LearnConfig& config,
                                const PromptFile& prompt, const FeatureOptions& features,
                                const Observer& observer) {
  if (sets.chosen().val.empty()) return std::nullopt;
  const std::vector<std::string>& names = sets.chosen().class_names;
  LearnConfig asked = config;
  asked.temperature = true;  // then it has held-out images
  const TrainingData data = sets.data_for(asked);
  HeldOut seen;
  seen.zero_shot =
      answers(AdaptedModel::zero_shot(model, {zero_shot_template(config)}, names), *data.held_out);
  seen.adapted = answers({model, prompt, names}, *data.held_out);
  if (has_means(data.set, names.size())) {
    seen.class_means =
        answers({model, class_means_of(model, names, data, config), names}, *data.held_out);
  }
  seen.novel = forecast(model, sets, config, features, observer);
  return seen;
}

}  // namespace qprompt

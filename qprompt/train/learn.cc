#include "qprompt/train/learn.h"

#include <sstream>

#include "qprompt/artifact/packing.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/core/unicode.h"
#include "qprompt/inference/known_score.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/train/bits.h"
#include "qprompt/train/choose_bits.h"
#include "qprompt/train/temperature.h"
#include "qprompt/train/training_sets.h"

namespace qprompt {
namespace {

// Beyond these a number is a slip of the pen.
constexpr int kMostShots = 1'000'000, kMostViews = 10'000;

}  // namespace

void calibrate(const Model& model, const TrainingData& data, const LearnConfig& config,
               Learned& learned) {
  learned.temperature = learned.prompt.temperature = 1;
  if (data.held_out == nullptr || data.held_out->images() == 0) {
    learned.temperature_reason = config.temperature ? "no validation images" : "not asked for";
    return;
  }
  const AdaptedModel deployed(model, learned.prompt, learned.class_names);
  const std::vector<int>& labels = data.held_out->labels;
  const AdaptedModel::Scores scored = scores(deployed, *data.held_out);
  const TemperatureFit fit = fit_temperature(scored.logits, labels);
  learned.temperature = learned.prompt.temperature = fit.temperature;
  const std::vector<int> predicted = predictions(scored.logits);
  std::vector<bool> right(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) right[i] = predicted[i] == labels[i];
  learned.held_out_scores = held_out_scores(scored.raw, right);
  std::ostringstream reason;
  reason.precision(3);
  reason << "fitted on " << data.held_out->images() << " validation images, NLL " << fit.nll_before
         << " to " << fit.nll_after;
  learned.temperature_reason = reason.str();
}

bool keep_last_without_validation(const Dataset& dataset, LearnConfig& config) {
  ModelChoice& choice = config.training.model_choice;
  if (choice != ModelChoice::kBestOrZeroShot) return false;
  if (has_validation_images(dataset, config.classes)) return false;
  choice = ModelChoice::kLastEpoch;
  return true;
}

void require_valid(const LearnConfig& config) {
  at_border([&] {
    require(config.shots >= 0 && config.shots <= kMostShots, "shots ", config.shots,
            ", expected 0 (all images) .. ", kMostShots);
    require(config.views >= 0 && config.views <= kMostViews, "views ", config.views,
            ", expected 0 (fresh ones) .. ", kMostViews);
    require_valid(config.training);
  });
}

namespace {

// Those that the method starts from, as they are read.
std::string zero_shot_words(const LearnConfig& like) {
  const std::string words = std::visit(
      []<typename Config>(const Config& config) -> std::string {
        if constexpr (StartsFromWords<Config>) return config.ctx_init;
        return "";
      },
      like.method);
  return name_text(words_in(words) > 0 ? words : CoOpConfig{}.ctx_init);
}

}  // namespace

std::string zero_shot_template(const LearnConfig& like) { return zero_shot_words(like) + " {}."; }

LearnConfig zero_shot_config(const LearnConfig& like) {
  CoOpConfig prompt;
  prompt.ctx_init = zero_shot_words(like);
  prompt.n_ctx = words_in(prompt.ctx_init);
  LearnConfig config = like;
  config.method = prompt;
  config.training = {};
  config.training.quantizer.kind = QuantizerKind::kNone;
  config.training.stop_epoch = 0;
  config.views = 1;  // nobody looks at them
  return config;
}

namespace {

bool may_be_zero_shot(const LearnConfig& config) {
  return config.training.model_choice == ModelChoice::kBestOrZeroShot &&
         learns_by_steps(config.method);
}

// Of the validation images.
double zero_shot_accuracy(const Model& model, const std::vector<std::string>& class_names,
                          const TrainingData& data, const LearnConfig& config) {
  const auto frozen = AdaptedModel::zero_shot(model, {zero_shot_template(config)}, class_names);
  return accuracy(frozen, *data.validation);
}

}  // namespace

Learned learn_from(const Model& model, const std::vector<std::string>& class_names,
                   const TrainingData& data, const LearnConfig& config, const Observer& observer) {
  const Stopwatch watch;
  const SeenClasses seen = seen_classes(class_names, data.set.labels);
  const PromptedClip clip(model, make_learner(config.method, model, seen), class_names);
  TrainingConfig training = config.training;
  Learned learned;
  if (chooses_bits(training)) {
    const BitsChoice choice =
        choose_bits(clip, data, training, config.effective_train_seed(), observer);
    training.quantizer.bits = bits_text(choice.bits);
    learned.bits_reasons = choice.reasons;
  }
  TrainingData judged = data;
  if (may_be_zero_shot(config) && data.validation != nullptr) {
    judged.zero_shot = zero_shot_accuracy(model, class_names, data, config);
  }
  TrainingResult trained = train(clip, judged, training, config.effective_train_seed(), observer);
  const bool is_zero_shot = may_be_zero_shot(config) && trained.chosen_epoch == 0;
  learned.prompt = is_zero_shot
                       ? learn_from(model, class_names, {data.set}, zero_shot_config(config)).prompt
                       : packed(model, config.method, clip.classes(), trained.values,
                                trained.quantizer.encode(trained.values), seen);
  learned.class_names = class_names;
  calibrate(model, data, config, learned);
  learned.zero_shot_validation = judged.zero_shot;
  learned.epochs = std::move(trained.epochs);
  learned.steps = trained.steps;
  learned.chosen_epoch = trained.chosen_epoch;
  learned.clusterings = trained.quantizer.clusterings();
  learned.interrupted = trained.interrupted;
  learned.training_seconds = watch.seconds();
  return learned;
}

Learned learn(const Model& model, const Dataset& dataset, const LearnConfig& config,
              const FeatureOptions& options, const Observer& observer,
              const TrainingState* resume) {
  return at_border([&] {
    require_valid(config);
    make_learner(config.method, model);  // what does not fit is told before images are read
    const FewShot few = few_shot(dataset, config.shots, config.seed);
    TrainingSets sets(model, subsample_classes(few.dataset, config.classes),
                      config.effective_train_seed(), options);
    TrainingData data = sets.data_for(config);
    data.resume = resume;
    Learned learned = learn_from(model, sets.chosen().class_names, data, config, observer);
    learned.scarce = few.scarce;
    learned.skipped = sets.skipped(config);
    learned.feature_seconds = sets.seconds();
    return learned;
  });
}

}  // namespace qprompt

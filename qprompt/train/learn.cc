#include "qprompt/train/learn.h"

#include <chrono>

#include "qprompt/artifact/packing.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/train/choose_bits.h"

namespace qprompt {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Zero would mean the evaluation view.
std::uint64_t view_seed(Random& random) { return random.bits() | 1; }

std::vector<ImageRequest> requests_for(std::span<const Item> items, Index views,
                                       std::uint64_t seed) {
  std::vector<ImageRequest> requests;
  for (const Item& item : items) {
    // Streams 0..99 belong to the trainer.
    Random random(seed, 100 + requests.size());
    ImageRequest request{item.path, {}};
    for (Index v = 0; v < views; ++v) request.views.push_back(view_seed(random));
    requests.push_back(std::move(request));
  }
  return requests;
}

PreparedSet prepare(const Model& model, std::span<const Item> items, const ImageNeeds& needs,
                    const std::vector<ImageRequest>& requests, const FeatureOptions& options) {
  require_files(items);
  const auto start = Clock::now();
  PreparedSet prepared;
  TrainingSet& set = prepared.set;
  set.views = needs.views;
  set.fresh_views = needs.fresh_views;
  std::vector<Index> first;
  if (needs.pixels) {
    const auto pixels = std::make_shared<const ImagePixels>(model, requests, options);
    first = pixels->first();
    prepared.skipped = pixels->skipped();
    set.pixels = pixels;
  }
  if (needs.features) {
    ImageFeatures features = image_features(model, requests, options);
    first = features.first;
    prepared.skipped = std::move(features.skipped);
    set.features = UnitRows(features.features).unit;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (first[i] >= 0) set.labels.push_back(items[i].label);
  }
  prepared.seconds = seconds_since(start);
  return prepared;
}

}  // namespace

void require_valid(const LearnConfig& config) {
  require(config.shots >= 0, "shots ", config.shots, ", expected 0 (all images) or more");
  require(config.views >= 0, "views ", config.views, ", expected 0 (fresh ones) or more");
  require_valid(config.training);
}

ImageNeeds image_needs(const Model& model, const LearnConfig& config) {
  const bool pixels = make_learner(config.method, model)->prompts_images();
  const auto regularizer = make_regularizer(config.training.regularizer);
  const bool compared = regularizer != nullptr && regularizer->compares_images();
  const bool fresh = config.views == 0;
  return {.features = !pixels || compared,
          .pixels = pixels,
          .views = fresh ? config.training.epochs : config.views,
          .fresh_views = fresh};
}

PreparedSet prepare_training_set(const Model& model, std::span<const Item> items,
                                 const ImageNeeds& needs, std::uint64_t train_seed,
                                 const FeatureOptions& options) {
  return prepare(model, items, needs, requests_for(items, needs.views, train_seed), options);
}

PreparedSet prepare_validation_set(const Model& model, std::span<const Item> items,
                                   const ImageNeeds& needs, const FeatureOptions& options) {
  std::vector<ImageRequest> requests;
  for (const Item& item : items) requests.push_back({item.path, {}});
  ImageNeeds evaluation{.features = !needs.pixels, .pixels = needs.pixels};
  return prepare(model, items, evaluation, requests, options);
}

Learned learn_from(const Model& model, const std::vector<std::string>& class_names,
                   const TrainingData& data, const LearnConfig& config, const Observer& observer) {
  const auto start = Clock::now();
  const auto learner = make_learner(config.method, model);
  const PromptedClip clip(model, *learner, class_names);
  TrainingConfig training = config.training;
  Learned learned;
  if (chooses_bits(training)) {
    const BitsChoice choice =
        choose_bits(clip, data, training, config.effective_train_seed(), observer);
    training.quantizer.bits = bits_text(choice.bits);
    learned.bits_reasons = choice.reasons;
  }
  TrainingResult trained = train(clip, data, training, config.effective_train_seed(), observer);
  learned.prompt = packed(model, config.method, clip.classes(), trained.values, trained.quantizer);
  learned.class_names = class_names;
  learned.epochs = std::move(trained.epochs);
  learned.steps = trained.steps;
  learned.chosen_epoch = trained.chosen_epoch;
  learned.clusterings = trained.quantizer.clusterings();
  learned.interrupted = trained.interrupted;
  learned.training_seconds = seconds_since(start);
  return learned;
}

Learned learn(const Model& model, const Dataset& dataset, const LearnConfig& config,
              const FeatureOptions& options, const Observer& observer,
              const TrainingState* resume) {
  require_valid(config);
  const FewShot few = few_shot(dataset, config.shots, config.seed);
  const Dataset chosen = subsample_classes(few.dataset, config.classes);
  require(!chosen.train.empty(), dataset.name, ": no training images");
  const ImageNeeds needs = image_needs(model, config);
  const PreparedSet prepared =
      prepare_training_set(model, chosen.train, needs, config.effective_train_seed(), options);
  PreparedSet validation;
  const bool validated = needs_validation(config.training);
  if (validated) {
    require(!chosen.val.empty(), dataset.name,
            ": no validation images, which best_val, patience and automatic bits need");
    validation = prepare_validation_set(model, chosen.val, needs, options);
  }
  if (!needs.pixels) model.release_image_tower();
  const TrainingData data{prepared.set, validated ? &validation.set : nullptr, resume};
  Learned learned = learn_from(model, chosen.class_names, data, config, observer);
  learned.scarce = few.scarce;
  learned.skipped = prepared.skipped;
  learned.skipped.insert(learned.skipped.end(), validation.skipped.begin(),
                         validation.skipped.end());
  learned.feature_seconds = prepared.seconds + validation.seconds;
  return learned;
}

}  // namespace qprompt

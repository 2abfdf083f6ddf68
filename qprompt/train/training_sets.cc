#include "qprompt/train/training_sets.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/features/image_features.h"
#include "qprompt/features/image_side.h"

namespace qprompt {
namespace {

// Zero would mean the evaluation view.
std::uint64_t view_seed(Random& random) { return random.bits() | 1; }

// The evaluation view alone where no views are asked for.
std::vector<ImageRequest> requests_for(std::span<const Item> items, Index views,
                                       std::uint64_t seed) {
  std::vector<ImageRequest> requests;
  for (const Item& item : items) {
    // Streams 0..99 belong to the trainer.
    Random random(seed, 100 + requests.size());
    ImageRequest request{item.image};
    for (Index v = 0; v < views; ++v) request.views.push_back(view_seed(random));
    requests.push_back(std::move(request));
  }
  return requests;
}

PreparedSet prepare(const Model& model, std::span<const Item> items, const ImageNeeds& needs,
                    const std::vector<ImageRequest>& requests, const FeatureOptions& options) {
  require_files(items);
  const Stopwatch watch;
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
    ImageFeatures features = image_features(ImageSide(model), requests, options);
    first = features.first;
    prepared.skipped = std::move(features.skipped);
    set.features = UnitRows(features.features).unit;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (first[i] >= 0) set.labels.push_back(items[i].label);
  }
  prepared.seconds = watch.seconds();
  return prepared;
}

}  // namespace

const PreparedSet& PreparedSets::find(const ImageNeeds& needs,
                                      const std::function<PreparedSet()>& prepare) {
  if (const PreparedSet* set = known(needs)) return *set;
  return sets_.emplace_back(needs, prepare()).second;
}

const PreparedSet* PreparedSets::known(const ImageNeeds& needs) const {
  for (const auto& [known, prepared] : sets_) {
    if (known == needs) return &prepared;
  }
  return nullptr;
}

double PreparedSets::seconds() const {
  double seconds = 0;
  for (const auto& [needs, prepared] : sets_) seconds += prepared.seconds;
  return seconds;
}

ImageNeeds image_needs(const Model& model, const LearnConfig& config) {
  const auto learner = make_learner(config.method, model);
  // Without epochs there are none to draw fresh views for.
  if (!learner->learns_by_steps() && config.views == 0) return {.evaluation_view = true};
  const bool pixels = learner->prompts_images();
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
  const Index random_views = needs.evaluation_view ? 0 : needs.views;
  return prepare(model, items, needs, requests_for(items, random_views, train_seed), options);
}

namespace {

ImageNeeds validation_needs(const ImageNeeds& needs) {
  return {.features = !needs.pixels, .pixels = needs.pixels, .evaluation_view = true};
}

}  // namespace

PreparedSet prepare_validation_set(const Model& model, std::span<const Item> items,
                                   const ImageNeeds& needs, const FeatureOptions& options) {
  return prepare(model, items, validation_needs(needs), requests_for(items, 0, 0), options);
}

bool TrainingSets::looks_at_validation(const LearnConfig& config) const {
  return needs_validation(config.training) || (config.temperature && !chosen_.val.empty());
}

TrainingData TrainingSets::data_for(const LearnConfig& config) {
  const ImageNeeds needs = image_needs(model_, config);
  require(!chosen_.train.empty(), chosen_.name, ": no training images");
  const auto prepare_training = [&] {
    return prepare_training_set(model_, chosen_.train, needs, train_seed_, features_);
  };
  TrainingData data{training_.find(needs, prepare_training).set};
  if (!looks_at_validation(config)) return data;
  require(!chosen_.val.empty(), chosen_.name,
          ": no validation images, which best_val, patience and automatic bits need");
  const auto prepare_validation = [&] {
    return prepare_validation_set(model_, chosen_.val, needs, features_);
  };
  const TrainingSet& validation = validation_.find(validation_needs(needs), prepare_validation).set;
  if (needs_validation(config.training)) data.validation = &validation;
  if (config.temperature) data.held_out = &validation;
  return data;
}

std::vector<std::string> TrainingSets::skipped(const LearnConfig& config) const {
  const ImageNeeds needs = image_needs(model_, config);
  std::vector<std::string> lines;
  const auto add = [&](const PreparedSets& sets, const ImageNeeds& own) {
    const PreparedSet* prepared = sets.known(own);
    if (prepared == nullptr) return;
    lines.insert(lines.end(), prepared->skipped.begin(), prepared->skipped.end());
  };
  add(training_, needs);
  if (looks_at_validation(config)) add(validation_, validation_needs(needs));
  return lines;
}

double TrainingSets::seconds() const { return training_.seconds() + validation_.seconds(); }

}  // namespace qprompt

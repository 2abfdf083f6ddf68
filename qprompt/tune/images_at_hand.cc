#include "qprompt/tune/images_at_hand.h"

#include <algorithm>

namespace qprompt {
namespace {

std::vector<int> images_of_classes(std::span<const Item> items, std::size_t classes) {
  std::vector<int> counts(classes);
  for (const Item& item : items) ++counts.at(static_cast<std::size_t>(item.label));
  return counts;
}

}  // namespace

ImagesAtHand::ImagesAtHand(const Model& model, const Dataset& chosen, std::uint64_t train_seed,
                           FeatureOptions features)
    : model_(model),
      images_(chosen.train),
      class_names_(chosen.class_names),
      validation_(images_of_classes(chosen.val, chosen.class_names.size())),
      train_seed_(train_seed),
      features_(std::move(features)) {
  images_.insert(images_.end(), chosen.val.begin(), chosen.val.end());
}

const TrainingSet& ImagesAtHand::judged(bool pixels) {
  const ImageNeeds needs{.features = !pixels, .pixels = pixels};
  const auto prepare = [&] { return prepare_validation_set(model_, images_, needs, features_); };
  return judged_.find(needs, prepare).set;
}

const std::vector<int>& ImagesAtHand::labels() { return judged(false).labels; }

std::vector<int> ImagesAtHand::held_out() {
  std::vector<int> images(class_names_.size());
  for (const int label : labels()) ++images[static_cast<std::size_t>(label)];
  std::vector<int> held_out(images.size());
  for (std::size_t c = 0; c < images.size(); ++c) {
    const int wanted = std::max({validation_[c], images[c] / 4, 1});
    held_out[c] = std::min(wanted, std::max(images[c] - 1, 0));
  }
  return held_out;
}

TrainingSet ImagesAtHand::to_learn(const LearnConfig& config, std::span<const Index> images,
                                   std::vector<int> labels) {
  const ImageNeeds needs = image_needs(model_, config);
  const auto prepare = [&] {
    return prepare_training_set(model_, images_, needs, train_seed_, features_);
  };
  TrainingSet part = part_of(learned_.find(needs, prepare).set, images, std::move(labels));
  part.fresh_views = false;  // a fold's schedule has other epochs: each draws one of the views
  return part;
}

TrainingSet ImagesAtHand::to_judge(bool pixels, std::span<const Index> images,
                                   std::vector<int> labels) {
  return part_of(judged(pixels), images, std::move(labels));
}

double ImagesAtHand::seconds() const { return learned_.seconds() + judged_.seconds(); }

}  // namespace qprompt

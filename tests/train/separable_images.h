#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "qprompt/clip/similarity.h"
#include "qprompt/core/random.h"
#include "qprompt/train/trainer.h"
#include "tests/support/test_models.h"

namespace qprompt {

// CoOp on a small model, and twelve images under two views that lie near their class's own
// direction; six others to look at after every epoch.
class SeparableImages : public ::testing::Test {
 protected:
  SeparableImages()
      : model_(testing::random_model(7, testing::float32(1))),
        learner_(make_learner(CoOpConfig{.n_ctx = 3, .ctx_init = ""}, model_)) {
    Random random(5);
    const Matrix centres = random.normal_matrix(3, model_.shape().embed, 1.0);
    set_ = images(12, 2, centres, random);
    validation_ = images(6, 1, centres, random);
  }

  static TrainingSet images(int count, Index views, const Matrix& centres, Random& random) {
    TrainingSet set;
    set.views = views;
    for (int i = 0; i < count; ++i) set.labels.push_back(i % 3);
    Matrix features = random.normal_matrix(count * views, centres.cols(), 0.3);
    for (Index r = 0; r < features.rows(); ++r) {
      features.row(r) += centres.row(set.labels[r / views]);
    }
    set.features = UnitRows(features).unit;
    return set;
  }

  static TrainingConfig config(QuantizerKind kind, int epochs = 6) {
    TrainingConfig config;
    config.epochs = epochs;
    config.batch_size = 4;
    config.optimizer.lr = 0.05;
    config.quantizer.kind = kind;
    return config;
  }

  TrainingResult run(const TrainingConfig& config, std::uint64_t seed = 1) const {
    return train(clip(), {set_}, config, seed);
  }

  PromptedClip clip() const { return {model_, learner_, class_names_}; }

  Model model_;
  std::shared_ptr<const PromptLearner> learner_;
  std::vector<std::string> class_names_{"cat", "dog", "red_car"};
  TrainingSet set_, validation_;
};

}  // namespace qprompt

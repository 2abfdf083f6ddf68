#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// A cache of training images (Zhang et al., ECCV 2022, equations 3 to 5), `keys` [n, embed]:
//   logits_c = scale <f, t_c> + alpha sum over c's keys k of exp(-beta (1 - <f, k>))
// Keys are the images' unit features, averaged over their views, class after class; the classes
// seen say how many each has. Old keys go on speaking for their classes, by name, among new ones.
// Of Tip-Adapter keys are directions; those of Tip-Adapter-F are learned by steps and of any
// length.
class TipAdapter : public FeatureLearner {
 public:
  TipAdapter(const TipAdapterConfig& config, Index embed, SeenClasses seen);
  TipAdapter(const TipAdapterFConfig& config, Index embed, SeenClasses seen);

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;

 private:
  Matrix affinities(const Matrix& keys, const Matrix& images) const;
  std::vector<Index> columns_of_keys(const std::vector<std::string>& names) const;

  TipAdapterConfig config_;
  bool takes_directions_ = true;
  Index embed_;
};

}  // namespace qprompt

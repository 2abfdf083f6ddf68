#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// CLIP-Adapter (Gao et al., IJCV 2024, equations 3 to 7, without its text adapter, as its code has
// it): a bottleneck changes the image feature,
//   g = ratio relu(relu(f W1^T) W2^T) + (1 - ratio) f,  logits = scale cos(g, t)
// with `fc.0.weight` [embed / reduction, embed] and `fc.2.weight` [embed, embed / reduction]. Its
// code adapts features of any length; the network has no biases, so that unit ones give the same.
// It knows no class, and takes any list.
class ClipAdapter : public FeatureLearner {
 public:
  ClipAdapter(const ClipAdapterConfig& config, Index embed, const SeenClasses& seen = {});

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;

 private:
  float ratio_;
  Index embed_, hidden_;
};

}  // namespace qprompt

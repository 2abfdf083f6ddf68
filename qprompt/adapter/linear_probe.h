#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// logits = <w_c, f> + b_c where `weight` and `bias` minimise
//   1/2 |w|^2 + cost sum_i -log softmax(logits_i)[label_i],
// scikit-learn's LogisticRegression, which CLIP's linear probe is. Found by L-BFGS from zero: the
// problem is convex, so where it starts does not matter.
class LinearProbe : public FeatureLearner {
 public:
  LinearProbe(const LinearProbeConfig& config, Index embed, SeenClasses seen);

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;

 private:
  LinearProbeConfig config_;
  Index embed_;
};

}  // namespace qprompt

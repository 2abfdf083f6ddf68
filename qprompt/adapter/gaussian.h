#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// Gaussians with a mean for each class, one covariance and equal priors, and the texts beside them:
//   logits = scale cos(f, t_c) + alpha (<w_c, f> + b_c)
//   w_c = P m_c,  b_c = -1/2 <m_c, P m_c>,  P = d ((n - 1) S + tr(S) I)^-1
// with the means m_c and the covariance S of n features of width d around them (Wang et al., ICLR
// 2024, equations 5 to 7). The mean of all w_c and of all b_c is taken away, which changes no
// probability and leaves a quantized matrix more levels. `weight` [n_cls, embed], `bias` [1,
// n_cls].
class Gaussian : public FeatureLearner {
 public:
  Gaussian(const GaussianConfig& config, Index embed, SeenClasses seen);

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;

 private:
  GaussianConfig config_;
  Index embed_;
};

}  // namespace qprompt

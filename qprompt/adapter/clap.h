#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// A linear probe held to the texts (Silva-Rodriguez et al., CVPR 2024, equations 5 to 8):
//   logits = scale cos(f, w_c),  loss = cross-entropy + penalty mean_c lambda_c |w_c - s t_c|^2
// with s the length of a prototype and lambda_c the mean probability that zero-shot CLIP gives to c
// for the training images of c. What is learned and stored is `residual` [n_cls, embed], w_c - s
// t_c, which starts at zero: the texts need no bits. A class it never saw has its text.
class Clap : public FeatureLearner {
 public:
  Clap(const ClapConfig& config, Index embed, SeenClasses seen);

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;
  std::unique_ptr<Penalty> penalty(const Shots& shots, const ClassTexts& classes) const override;
  std::optional<Matrix> class_matrix(const ParameterMap& values,
                                     const ClassTexts& classes) const override;

 private:
  Matrix prototypes(const ParameterMap& values, const ClassTexts& classes) const;

  ClapConfig config_;
  Index embed_;
};

}  // namespace qprompt

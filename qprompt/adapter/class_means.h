#pragma once

#include "qprompt/adapter/config.h"
#include "qprompt/adapter/feature_learner.h"

namespace qprompt {

// logits = scale cos(f, m_c), m_c the mean of the class's unit features. `center` [1, embed] is the
// mean of all m_c, `means` [n_cls, embed] what each differs by from it: what all classes share
// would else take the few levels of a quantized matrix.
class ClassMeans : public FeatureLearner {
 public:
  ClassMeans(const ClassMeansConfig& config, Index embed, SeenClasses seen);

  std::vector<ParameterSpec> parameters() const override;
  ParameterMap initial_values(const Shots& shots, const ClassTexts& classes,
                              std::uint64_t seed) const override;
  FeaturePass forward(const ParameterMap& values, const ClassTexts& classes,
                      const Matrix& images) const override;
  std::optional<Matrix> class_matrix(const ParameterMap& values,
                                     const ClassTexts& classes) const override;

 private:
  Index embed_;
};

}  // namespace qprompt

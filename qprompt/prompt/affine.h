#pragma once

#include <string>
#include <vector>

#include "qprompt/core/random.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// A learned linear layer y = x W^T + b: "name.weight" [outputs, inputs] and "name.bias"
// [1, outputs], as PyTorch lays them out.
class Affine {
 public:
  Affine(const std::string& name, Index inputs, Index outputs)
      : weight_(name + ".weight"), bias_(name + ".bias"), inputs_(inputs), outputs_(outputs) {}

  void add_parameters(std::vector<ParameterSpec>& parameters) const;
  // PyTorch's default: both uniform in +-1/sqrt(inputs).
  void add_initial_values(ParameterMap& values, Random& random) const;

  Matrix forward(const ParameterMap& values, const Matrix& x) const;  // [n, inputs] -> [n, outputs]
  // Puts the gradient of the layer's parameters into `gradient` and gives that of x.
  Matrix pull_back(const ParameterMap& values, const Matrix& x, const Matrix& d_y,
                   ParameterMap& gradient) const;

 private:
  std::string weight_, bias_;
  Index inputs_, outputs_;
};

}  // namespace qprompt

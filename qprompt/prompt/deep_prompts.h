#pragma once

#include <string>
#include <vector>

#include "qprompt/core/random.h"
#include "qprompt/prompt/learner.h"

namespace qprompt {

// A tower's learned tokens [n, width] for the inputs of blocks 1 .. depth - 1, as the matrices
// "prefix0", "prefix1", ... A depth beyond the tower's blocks prompts all of them.
class DeepPrompts {
 public:
  DeepPrompts(std::string prefix, int depth, Index n, const TransformerShape& tower);

  Index count() const { return count_; }
  std::string name(Index i) const { return prefix_ + std::to_string(i); }

  void add_parameters(std::vector<ParameterSpec>& parameters) const;
  void add_initial_values(ParameterMap& values, Random& random) const;
  std::vector<Matrix> read(const ParameterMap& values) const;
  void add_gradient(const std::vector<Matrix>& d_prompts, ParameterMap& gradient) const;

 private:
  std::string prefix_;
  Index count_, n_, width_;
};

// Learned tokens of the image tower: "vision" [n, width] behind the patches, "deep_vision.N" in the
// blocks that follow. None at all where n is 0.
class VisionTokens {
 public:
  VisionTokens(int n, int depth, const Model& model);

  bool any() const { return n_ > 0; }
  void add_parameters(std::vector<ParameterSpec>& parameters) const;
  void add_initial_values(ParameterMap& values, Random& random) const;
  VisionPrompts read(const ParameterMap& values) const;
  void add_gradient(const VisionPrompts& d_prompts, ParameterMap& gradient) const;

 private:
  Index n_, width_;
  DeepPrompts deep_;
};

}  // namespace qprompt

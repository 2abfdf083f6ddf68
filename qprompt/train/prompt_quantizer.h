#pragma once

#include <map>
#include <set>
#include <string>

#include "qprompt/prompt/learner.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {

// A quantizer for what a learner owns: contexts and projections in the widths of their kinds
// (bits.h), biases as they are. Where learner and quantizer meet, and the only place.
class PromptQuantizer {
 public:
  // Throws Error for widths that are still to be chosen.
  PromptQuantizer(const PromptLearner& learner, const ClassTokens& classes,
                  const QuantizerConfig& config, std::uint64_t seed = 0);

  // "Re-cluster now?"; see Quantizer.
  void adapt(const ParameterMap& values, std::int64_t step);
  // What the forward pass uses at `step`: W_q, and what is not quantized as it is.
  ParameterMap quantize(const ParameterMap& values, std::int64_t step) const;
  // What a file will hold: quantized, and the rest as fp16.
  ParameterMap deployed(const ParameterMap& values) const;
  // Codebooks and codes, for the file.
  std::map<std::string, EncodedMatrix> encode(const ParameterMap& values) const;

  std::map<std::string, int> clusterings() const { return quantizer_.clusterings(); }
  void watch(std::function<void(const Divergence&)> on_divergence) {
    quantizer_.watch(std::move(on_divergence));
  }
  QuantizerState state() const { return quantizer_.state(); }
  void restore(const QuantizerState& state) { quantizer_.restore(state); }

 private:
  ParameterMap quantizable(const ParameterMap& values) const;

  std::set<std::string> biases_;
  Quantizer quantizer_;
};

}  // namespace qprompt

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/quant/normalization.h"

namespace qprompt {

// What the last clustering of one matrix left behind. Of the normalised weights cached then only
// the histogram of their codes is ever asked for, and the codebook does not change before the next
// clustering replaces both: so the histogram is all that is kept.
struct MatrixState {
  std::vector<float> centroids{};         // ascending, in the normalised space
  Normalization statistics{};             // of the weights clustered
  std::vector<std::int64_t> histogram{};  // of their codes, one count a centroid
  std::int64_t last_clustering = 0;       // step
  int clusterings = 0;

  bool operator==(const MatrixState&) const = default;
};

// What a run saves to go on exactly as if it had not been interrupted.
struct QuantizerState {
  std::map<std::string, MatrixState> matrices;

  bool operator==(const QuantizerState&) const = default;
};

// The state as what a safetensors file holds, under keys "quantizer.<matrix>": a float32 row (mean,
// standard deviation, centroids) and a line of integers. Exact in both directions; other keys are
// left alone.
void store_state(const QuantizerState& state, ParameterMap& tensors,
                 std::map<std::string, std::string>& metadata);
QuantizerState load_state(const ParameterMap& tensors,
                          const std::map<std::string, std::string>& metadata);

}  // namespace qprompt

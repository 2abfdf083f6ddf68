#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "qprompt/core/matrix.h"
#include "qprompt/quant/codebook.h"
#include "qprompt/quant/encoded_matrix.h"
#include "qprompt/quant/quantizer_config.h"
#include "qprompt/quant/quantizer_state.h"

namespace qprompt {

// What constrained adaptive clustering saw of one matrix at a step where another clustering was
// permitted, or was the first.
struct Divergence {
  std::int64_t step = 0;
  std::string matrix;
  double kl = 0;  // KL(now || cached) in nats, of the codes' histograms; 0 at the first clustering
  bool clustered = false;
};

// Throws Error for an interval below 1, a threshold or a noise that is negative or no number.
void require_valid(const QuantizerConfig& config);

// Which matrices are quantized is the caller's choice: the quantizer sees only those it is given.
//
//   mu, sigma = mean(W), std(W);  w_hat = (W - mu) / sigma
//   Q         = nearest of 2^b centroids (levels) in the space of w_hat
//   W_q       = sigma Q(w_hat) + mu          (QPrompt, ECCV 2024, section 3; docs/quantizer.md)
//   gradient  : straight-through, dL/dW = dL/dW_q
//
// W_q is built from the codebook as a file stores it (sigma c + mu, rounded to fp16), so what
// training sees is what is deployed, bit for bit. Every command and query throws Error naming the
// matrix where a value is NaN or infinite, or a codebook lies beyond fp16's range.
class Quantizer {
 public:
  // `seed` is that of the noise; `bits` the width of each matrix. Where that is left out,
  // config.bits is one number, 1..8, for all of them; Error for anything else.
  explicit Quantizer(const QuantizerConfig& config, std::uint64_t seed = 0,
                     std::map<std::string, int> bits = {});

  // Constrained adaptive clustering: fits codebooks at the first step, and again where
  // should_recluster says so. Nothing to do for post-training quantization, noise and none.
  void adapt(const ParameterMap& values, std::int64_t step);
  // Tells adapt()'s decisions; nobody, by default.
  void watch(std::function<void(const Divergence&)> on_divergence) {
    on_divergence_ = std::move(on_divergence);
  }

  // What the forward pass uses at `step`, after adapt(). The gradient with respect to it is the
  // gradient with respect to `values`. Post-training quantization and none: the values themselves.
  // Noise depends on seed, step and the matrix's name only.
  ParameterMap quantize(const ParameterMap& values, std::int64_t step) const;

  // What a file will hold: decode(encode(values)) of the codebooks in force (fitted now where there
  // is none yet, as for post-training quantization). Noise and none: rounded to fp16, or as they
  // are where a matrix exceeds fp16's range.
  ParameterMap deployed(const ParameterMap& values) const;

  // Codebook and codes of each matrix, for the file. Empty for noise and none.
  std::map<std::string, EncodedMatrix> encode(const ParameterMap& values) const;

  // How often each matrix was clustered so far.
  std::map<std::string, int> clusterings() const;

  QuantizerState state() const;
  void restore(const QuantizerState& state);

 private:
  int bits_of(const std::string& name) const;
  MatrixState cluster(const std::string& name, std::span<const float> values, std::int64_t step,
                      int clusterings) const;
  Normalization statistics_in_force(std::span<const float> values, const MatrixState& state) const;
  bool is_outdated(const std::string& name, const MatrixState& state, std::span<const float> values,
                   std::int64_t step) const;
  EncodedMatrix encode(const std::string& name, const Matrix& values,
                       const MatrixState& state) const;
  Matrix noisy(const std::string& name, const Matrix& values, std::int64_t step) const;
  bool trains_quantized() const;

  QuantizerConfig config_;
  std::uint64_t seed_;
  std::map<std::string, int> bits_;
  std::map<std::string, MatrixState> matrices_;
  std::function<void(const Divergence&)> on_divergence_;
};

// Whether `steps_since` steps after the last clustering another one may come at all.
bool recluster_permitted(const QuantizerConfig& config, std::int64_t steps_since);

// "Re-cluster now?", asked `steps_since` steps after the last clustering, with the histograms of
// the codes that the current codebook gives to the weights cached then and to the weights now: yes,
// where it is permitted and KL(now || cached) exceeds kl_threshold, or kl_threshold is 0, or the
// codebook is smaller than 2^bits (it came from fewer distinct values, so its histogram may hide a
// change).
bool should_recluster(const QuantizerConfig& config, int bits, std::int64_t steps_since,
                      std::span<const std::int64_t> cached_histogram,
                      std::span<const std::int64_t> current_histogram);

// KL(p || q) of two histograms with add-one smoothing, in nats.
double kl_divergence(std::span<const std::int64_t> p, std::span<const std::int64_t> q);

}  // namespace qprompt

#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace qprompt {

// kKMeans, kUniform and kLog2 have codebooks, and differ only in how their levels are found.
enum class QuantizerKind : std::uint8_t { kNone, kKMeans, kUniform, kLog2, kNoise };
inline auto enum_names(QuantizerKind) {
  return std::array{"none", "kmeans", "uniform", "log2", "noise"};
}
inline bool has_codebook(QuantizerKind kind) {
  return kind != QuantizerKind::kNone && kind != QuantizerKind::kNoise;
}

// How K-Means centroids are found.
enum class KMeans : std::uint8_t { kOptimal, kLloyd };
inline auto enum_names(KMeans) { return std::array{"optimal", "lloyd"}; }

// When mean and standard deviation of the normalisation are refreshed.
enum class Statistics : std::uint8_t { kEveryStep, kAtClustering };
inline auto enum_names(Statistics) { return std::array{"every_step", "at_clustering"}; }

// Quantization-aware training, or training in full precision and quantizing at the end.
enum class QuantizationPhase : std::uint8_t { kTraining, kPostTraining };
inline auto enum_names(QuantizationPhase) { return std::array{"qat", "ptq"}; }

struct QuantizerConfig {
  QuantizerKind kind = QuantizerKind::kKMeans;
  std::string bits = "1";  // one width for all matrices, or as the caller resolves it
  KMeans kmeans = KMeans::kOptimal;
  bool normalize = true;
  Statistics statistics = Statistics::kEveryStep;
  QuantizationPhase phase = QuantizationPhase::kTraining;
  std::int64_t min_interval = 10;  // t: at least this many steps between two clusterings
  double kl_threshold = 1e-4;      // T_KL; 0: at every permitted step, infinity: never again
  double noise = 0.01;             // standard deviation of kNoise

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("quantizer", kind,
          "kmeans; for comparison uniform (min to max), log2 (signed powers of two), noise, none");
    visit("bits", bits,
          "bits per value: 1..8; ctx=1,projection=4 (a kind that is left out: 1); or auto (chosen "
          "on validation images)");
    visit("kmeans", kmeans, "how kmeans finds its centroids: optimal (exact), or lloyd");
    visit("normalize", normalize, "find levels of (W - mean) / std");
    visit("statistics", statistics, "when mean and std are refreshed");
    visit("phase", phase, "qat (while training) or ptq (after it)");
    visit("min_interval", min_interval, "steps between two clusterings, at least");
    visit("kl_threshold", kl_threshold, "re-cluster when the codes' histogram moved by more");
    visit("noise", noise, "standard deviation of the noise quantizer");
  }
};

}  // namespace qprompt

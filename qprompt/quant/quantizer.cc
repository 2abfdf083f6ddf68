#include "qprompt/quant/quantizer.h"

#include <algorithm>
#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/core/finite.h"
#include "qprompt/core/half.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/random.h"
#include "qprompt/quant/bit_packing.h"

namespace qprompt {
namespace {

void require_finite(const std::string& name, const Matrix& values) {
  require(values.size() > 0, "quantizer: matrix '", name, "' is empty");
  require(all_finite(values), "quantizer: matrix '", name, "' holds a NaN or infinite value");
}

bool is_width(const std::string& bits) {
  return bits.size() == 1 && bits[0] >= '1' && bits[0] <= '8';
}

Levels levels_of(const QuantizerConfig& config) {
  if (config.kind == QuantizerKind::kUniform) return Levels::kUniform;
  if (config.kind == QuantizerKind::kLog2) return Levels::kLog2;
  return config.kmeans == KMeans::kLloyd ? Levels::kLloydKMeans : Levels::kOptimalKMeans;
}

std::vector<std::uint8_t> codes_of(std::span<const float> values, const MatrixState& state,
                                   const Normalization& statistics) {
  std::vector<std::uint8_t> codes(values.size());
  Codebook(state.centroids).encode(normalized(values, statistics), codes);
  return codes;
}

std::vector<std::int64_t> histogram_of(std::span<const std::uint8_t> codes,
                                       const MatrixState& state) {
  std::vector<std::int64_t> histogram(state.centroids.size());
  for (const std::uint8_t code : codes) ++histogram[code];
  return histogram;
}

// sigma c + mu as fp16, the last entry repeated up to 2^bits.
std::vector<std::uint16_t> stored_codebook(const std::string& name,
                                           std::span<const float> centroids,
                                           const Normalization& statistics, int bits) {
  std::vector<std::uint16_t> codebook;
  for (const float centroid : centroids) {
    const double value = double{statistics.standard_deviation} * centroid + statistics.mean;
    codebook.push_back(half_bits(static_cast<float>(value)));
    require(std::isfinite(half_value(codebook.back())), "quantizer: matrix '", name,
            "' has the centroid ", value, ", expected within fp16's range (65504)");
  }
  codebook.resize(std::size_t{1} << bits, codebook.back());
  return codebook;
}

}  // namespace

void require_valid(const QuantizerConfig& config) {
  require(config.min_interval >= 1, "quantizer: min_interval ", config.min_interval,
          ", expected at least 1");
  require(config.kl_threshold >= 0, "quantizer: kl_threshold ", config.kl_threshold,
          ", expected 0 or more");
  require(config.noise >= 0 && std::isfinite(config.noise), "quantizer: noise ", config.noise,
          ", expected a finite standard deviation");
}

Quantizer::Quantizer(const QuantizerConfig& config, std::uint64_t seed,
                     std::map<std::string, int> bits)
    : config_(config), seed_(seed), bits_(std::move(bits)) {
  require_valid(config_);
  require(!has_codebook(config_.kind) || !bits_.empty() || is_width(config_.bits),
          "quantizer: bits '", config_.bits, "', expected one number 1..8 for all matrices");
  for (const auto& [name, width] : bits_) {
    require(!has_codebook(config_.kind) || (width >= 1 && width <= 8), "quantizer: matrix '", name,
            "' with ", width, " bits, expected 1..8");
  }
}

int Quantizer::bits_of(const std::string& name) const {
  if (const auto found = bits_.find(name); found != bits_.end()) return found->second;
  require(is_width(config_.bits), "quantizer: bits '", config_.bits,
          "' do not say how many matrix '", name, "' has");
  return config_.bits[0] - '0';
}

bool Quantizer::trains_quantized() const {
  return has_codebook(config_.kind) && config_.phase == QuantizationPhase::kTraining;
}

void Quantizer::adapt(const ParameterMap& values, std::int64_t step) {
  if (!trains_quantized()) return;
  for (const auto& [name, matrix] : values) require_finite(name, matrix);
  for (const auto& [name, matrix] : values) {
    const auto found = matrices_.find(name);
    if (found == matrices_.end()) {
      matrices_[name] = cluster(name, values_of(matrix), step, 1);
      if (on_divergence_) on_divergence_({step, name, 0, true});
    } else if (is_outdated(name, found->second, values_of(matrix), step)) {
      found->second = cluster(name, values_of(matrix), step, found->second.clusterings + 1);
    }
  }
}

MatrixState Quantizer::cluster(const std::string& name, std::span<const float> values,
                               std::int64_t step, int clusterings) const {
  MatrixState state{.last_clustering = step, .clusterings = clusterings};
  if (config_.normalize) state.statistics = statistics_of(values);
  const std::vector<float> w_hat = normalized(values, state.statistics);
  const Codebook codebook = Codebook::fit(w_hat, bits_of(name), levels_of(config_));
  state.centroids.assign(codebook.centroids().begin(), codebook.centroids().end());
  state.histogram = histogram_of(codes_of(values, state, state.statistics), state);
  return state;
}

bool Quantizer::is_outdated(const std::string& name, const MatrixState& state,
                            std::span<const float> values, std::int64_t step) const {
  const std::int64_t steps_since = step - state.last_clustering;
  if (!recluster_permitted(config_, steps_since)) return false;  // spares the histogram
  const auto codes = codes_of(values, state, statistics_in_force(values, state));
  const std::vector<std::int64_t> now = histogram_of(codes, state);
  const bool outdated = should_recluster(config_, bits_of(name), steps_since, state.histogram, now);
  if (on_divergence_) on_divergence_({step, name, kl_divergence(now, state.histogram), outdated});
  return outdated;
}

Normalization Quantizer::statistics_in_force(std::span<const float> values,
                                             const MatrixState& state) const {
  const bool refreshed = config_.normalize && config_.statistics == Statistics::kEveryStep;
  return refreshed ? statistics_of(values) : state.statistics;
}

ParameterMap Quantizer::quantize(const ParameterMap& values, std::int64_t step) const {
  ParameterMap quantized;
  for (const auto& [name, matrix] : values) {
    require_finite(name, matrix);
    if (config_.kind == QuantizerKind::kNoise) {
      quantized[name] = noisy(name, matrix, step);
    } else if (!trains_quantized()) {
      quantized[name] = matrix;
    } else {
      const auto state = matrices_.find(name);
      require(state != matrices_.end(), "quantize: matrix '", name,
              "' has no codebook, adapt first");
      quantized[name] = decode(encode(name, matrix, state->second));
    }
  }
  return quantized;
}

Matrix Quantizer::noisy(const std::string& name, const Matrix& values, std::int64_t step) const {
  Random random(seed_, hash64(name, static_cast<std::uint64_t>(step)));
  return values + random.normal_matrix(values.rows(), values.cols(), config_.noise);
}

ParameterMap Quantizer::deployed(const ParameterMap& values) const {
  ParameterMap deployed;
  for (const auto& [name, encoded] : encode(values)) deployed[name] = decode(encoded);
  if (has_codebook(config_.kind)) return deployed;
  for (const auto& [name, matrix] : values) {
    require_finite(name, matrix);
    deployed[name] = round_to_half(matrix);
  }
  return deployed;
}

std::map<std::string, EncodedMatrix> Quantizer::encode(const ParameterMap& values) const {
  std::map<std::string, EncodedMatrix> encoded;
  if (!has_codebook(config_.kind)) return encoded;
  for (const auto& [name, matrix] : values) {
    require_finite(name, matrix);
    const auto state = matrices_.find(name);
    encoded[name] =
        encode(name, matrix,
               state != matrices_.end() ? state->second : cluster(name, values_of(matrix), 0, 1));
  }
  return encoded;
}

EncodedMatrix Quantizer::encode(const std::string& name, const Matrix& values,
                                const MatrixState& state) const {
  const Normalization in_force = statistics_in_force(values_of(values), state);
  const int bits = bits_of(name);
  return {.rows = values.rows(),
          .cols = values.cols(),
          .bits = bits,
          .codebook = stored_codebook(name, state.centroids, in_force, bits),
          .codes = pack_codes(codes_of(values_of(values), state, in_force), bits)};
}

std::map<std::string, int> Quantizer::clusterings() const {
  std::map<std::string, int> counts;
  for (const auto& [name, state] : matrices_) counts[name] = state.clusterings;
  return counts;
}

QuantizerState Quantizer::state() const { return {matrices_}; }

void Quantizer::restore(const QuantizerState& state) {
  for (const auto& [name, matrix] : state.matrices) {
    const std::size_t size = Codebook(matrix.centroids).centroids().size();
    require(size <= std::size_t{1} << bits_of(name), "restore: matrix '", name, "' has ", size,
            " centroids for ", bits_of(name), " bits");
    require(matrix.histogram.size() == size, "restore: matrix '", name, "' has ",
            matrix.histogram.size(), " counts for ", size, " centroids");
    require(std::isfinite(matrix.statistics.mean) &&
                std::isfinite(matrix.statistics.standard_deviation),
            "restore: matrix '", name, "' has statistics that are not finite");
  }
  matrices_ = state.matrices;
}

}  // namespace qprompt

#include <cmath>
#include <limits>
#include <numeric>

#include "qprompt/core/error.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {

bool recluster_permitted(const QuantizerConfig& config, std::int64_t steps_since) {
  return steps_since >= config.min_interval &&
         config.kl_threshold < std::numeric_limits<double>::infinity();
}

bool should_recluster(const QuantizerConfig& config, int bits, std::int64_t steps_since,
                      std::span<const std::int64_t> cached_histogram,
                      std::span<const std::int64_t> current_histogram) {
  if (!recluster_permitted(config, steps_since)) return false;
  if (cached_histogram.size() < std::size_t{1} << bits) return true;
  return config.kl_threshold == 0 ||
         kl_divergence(current_histogram, cached_histogram) > config.kl_threshold;
}

double kl_divergence(std::span<const std::int64_t> p, std::span<const std::int64_t> q) {
  require(!p.empty() && p.size() == q.size(), "kl_divergence: histograms of ", p.size(), " and ",
          q.size(), " counts");
  const auto total = [](std::span<const std::int64_t> counts) {
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0})) +
           static_cast<double>(counts.size());
  };
  const double p_total = total(p);
  const double q_total = total(q);
  double divergence = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double p_i = static_cast<double>(p[i] + 1) / p_total;
    const double q_i = static_cast<double>(q[i] + 1) / q_total;
    divergence += p_i * std::log(p_i / q_i);
  }
  return divergence;
}

}  // namespace qprompt

#include "qprompt/train/training_config.h"

#include <cmath>

#include "qprompt/core/error.h"
#include "qprompt/train/bits.h"
#include "qprompt/train/optimizer.h"
#include "qprompt/train/regularizer.h"

namespace qprompt {

std::vector<double> epoch_weights(const TrainingConfig& config) {
  std::vector<double> weights;
  double sum = 0;
  for (int epoch = 1; epoch <= config.epochs; ++epoch) {
    const double z = (epoch - config.average_mean) / config.average_deviation;
    weights.push_back(std::exp(-0.5 * z * z));
    sum += weights.back();
  }
  require(sum > 0 && std::isfinite(sum), "average_mean ", config.average_mean,
          " lies too far from the epochs 1..", config.epochs, " for a deviation of ",
          config.average_deviation);
  for (double& weight : weights) weight /= sum;
  return weights;
}

void require_valid(const TrainingConfig& config) {
  constexpr int kMost = 1'000'000;
  require(config.epochs >= 1 && config.epochs <= kMost, "epochs ", config.epochs, ", expected 1..",
          kMost);
  require(config.batch_size >= 1 && config.batch_size <= kMost, "batch_size ", config.batch_size,
          ", expected 1..", kMost);
  require(config.stop_epoch >= -1 && config.stop_epoch <= config.epochs, "stop_epoch ",
          config.stop_epoch, ", expected -1 (the last) .. ", config.epochs);
  require(config.patience >= 0, "patience ", config.patience, ", expected 0 or more");
  require_valid(config.optimizer);
  parse_bits(config.quantizer.bits);
  require_valid(config.quantizer);
  require_valid(config.regularizer);
  require(std::isfinite(config.average_mean), "average_mean ", config.average_mean,
          ", expected an epoch");
  require(std::isfinite(config.average_deviation) && config.average_deviation > 0,
          "average_deviation ", config.average_deviation, ", expected a number above 0");
  if (config.model_choice != ModelChoice::kAverage) return;
  require(config.patience == 0, "model_choice average needs all ", config.epochs,
          " epochs, patience ", config.patience, " may end before them");
  require(epochs_to_do(config) == config.epochs, "model_choice average needs all ", config.epochs,
          " epochs, stop_epoch is ", config.stop_epoch);
  epoch_weights(config);
}

int epochs_to_do(const TrainingConfig& config) {
  return config.stop_epoch < 0 ? config.epochs : config.stop_epoch;
}

bool chooses_epoch(const TrainingConfig& config) {
  return config.model_choice == ModelChoice::kBestVal ||
         config.model_choice == ModelChoice::kBestOrZeroShot;
}

bool chooses_bits(const TrainingConfig& config) {
  return has_codebook(config.quantizer.kind) && parse_bits(config.quantizer.bits).has_auto();
}

bool needs_validation(const TrainingConfig& config) {
  return chooses_epoch(config) || config.patience > 0 || chooses_bits(config);
}

}  // namespace qprompt

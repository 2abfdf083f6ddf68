#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "qprompt/core/matrix.h"
#include "qprompt/quant/quantizer.h"
#include "qprompt/train/epoch_report.h"
#include "qprompt/train/optimizer_config.h"
#include "qprompt/train/regularizer_config.h"

namespace qprompt {

struct TrainingState;

// What of an epoch's values is deployed in the end: the last; those best on validation images; or
// PromptSRC's prompt aggregation (Khattak et al., ICCV 2023, equation 8), the average
// sum_e w_e W_e with w_e proportional to exp(-(e - mean)^2 / (2 deviation^2)) over epochs 1 ..
// epochs; or the best on validation images with zero-shot as epoch 0: where no epoch is better,
// nothing that was learned is deployed.
enum class ModelChoice : std::uint8_t { kLastEpoch, kBestVal, kAverage, kBestOrZeroShot };
inline auto enum_names(ModelChoice) {
  return std::array{"last_epoch", "best_val", "average", "best_or_zero_shot"};
}

struct TrainingConfig {
  int epochs = 50;
  int batch_size = 32;
  OptimizerConfig optimizer;
  QuantizerConfig quantizer;
  RegularizerConfig regularizer;
  ModelChoice model_choice = ModelChoice::kLastEpoch;
  int patience = 0;
  int stop_epoch = -1;
  double average_mean = 15;
  double average_deviation = 1;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("epochs", epochs, "passes over the training images");
    visit("batch_size", batch_size, "images in a batch");
    optimizer.visit_fields(visit);
    quantizer.visit_fields(visit);
    regularizer.visit_fields(visit);
    visit("model_choice", model_choice, "which epoch's values are deployed");
    visit("patience", patience, "stop after so many epochs without a better validation; 0: never");
    visit("stop_epoch", stop_epoch,
          "end after that epoch of the schedule; 0: nothing is learned; -1: after the last");
    visit("average_mean", average_mean, "epoch with the largest weight in an average");
    visit("average_deviation", average_deviation, "standard deviation of its weights, in epochs");
  }
};

// Throws Error, before anything is encoded or learned, for what no run can do: counts below 1,
// rates and weights that are negative or no numbers, anchors that are no templates, an average over
// epochs with a patience that may end before its epochs have come.
void require_valid(const TrainingConfig& config);

// Weights of epochs 1 .. epochs in an average, which sum to 1 (PromptSRC, equation 8). Throws Error
// where the mean lies too far from all of them.
std::vector<double> epoch_weights(const TrainingConfig& config);

// How many epochs of the schedule are done.
int epochs_to_do(const TrainingConfig& config);

// Whether an epoch is chosen by validation images.
bool chooses_epoch(const TrainingConfig& config);

// Whether widths are left to be chosen (choose_bits.h).
bool chooses_bits(const TrainingConfig& config);

// Whether training looks at validation images: to choose an epoch, to stop early, to choose bits.
bool needs_validation(const TrainingConfig& config);

// The values at the end of an epoch.
struct EpochValues {
  const ParameterMap& values;    // W
  const ParameterMap& deployed;  // what a file would hold of them
};

struct Observer {
  std::function<void(std::int64_t done, std::int64_t steps)> on_step{};  // of all epochs
  std::function<void(const EpochReport&)> on_epoch{};
  std::function<void(const EpochReport&, const EpochValues&)> on_values{};  // after every epoch
  std::function<void(const Divergence&)> on_divergence{};  // where clustering again was asked about
  std::function<void(const TrainingState&)> on_state{};    // after every epoch, to resume from
  // Asked at every step, on the device's thread; a true answer ends training after it.
  std::function<bool()> stop{};
};

}  // namespace qprompt

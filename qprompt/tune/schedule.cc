#include "qprompt/tune/schedule.h"

#include <algorithm>
#include <cmath>

#include "qprompt/train/trainer.h"

namespace qprompt {

double stretch(Index images, Index part, const LearnConfig& config) {
  const int batch_size = config.training.batch_size;
  return static_cast<double>(steps_per_epoch(images, batch_size)) /
         static_cast<double>(steps_per_epoch(part, batch_size));
}

int stretched_by(double stretch, int epoch) {
  return std::max(1, static_cast<int>(std::lround(epoch * stretch)));
}

TrainingConfig stretched_by(double stretch, TrainingConfig training) {
  int& warmup = training.optimizer.warmup_epochs;
  warmup = static_cast<int>(std::lround(warmup * stretch));
  training.patience = static_cast<int>(std::lround(training.patience * stretch));
  if (training.stop_epoch > 0) training.stop_epoch = stretched_by(stretch, training.stop_epoch);
  training.epochs = stretched_by(stretch, training.epochs);
  training.average_mean *= stretch;
  training.average_deviation *= stretch;
  return training;
}

}  // namespace qprompt

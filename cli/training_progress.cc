#include "cli/training_progress.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/interrupt.h"
#include "cli/progress.h"

namespace qprompt::cli {

Observer training_observer() {
  Observer observer;
  observer.stop = interrupted;
  auto progress = std::make_shared<Progress>("training", "steps");
  auto latest = std::make_shared<std::string>();
  observer.on_step = [progress, latest](std::int64_t done, std::int64_t steps) {
    progress->update(done, steps, *latest);
  };
  observer.on_epoch = [latest](const EpochReport& report) {
    *latest = fmt::format(
        "epoch {}, loss {:.4f}, accuracy {:.1f} %{}", report.epoch, report.loss,
        100 * report.accuracy,
        report.validation < 0 ? "" : fmt::format(", validation {:.1f} %", 100 * report.validation));
  };
  return observer;
}

}  // namespace qprompt::cli

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

namespace {

std::string note_of(const TuneProgress& now) {
  std::string note = fmt::format("round {} of {}, {}", now.rung, now.rungs, now.candidate);
  if (!now.best.empty()) {
    note += fmt::format("; best so far {}: {:.1f} %, zero-shot {:.1f} %", now.best,
                        100 * now.best_score, 100 * now.zero_shot_score);
  }
  if (now.budget > 0) note += fmt::format("; {:.0f} of {:.0f} s", now.seconds, now.budget);
  return note;
}

}  // namespace

std::function<void(const TuneProgress&)> choosing_progress() {
  auto progress = std::make_shared<Progress>("choosing", "trials");
  return [progress](const TuneProgress& now) {
    progress->update(static_cast<Index>(now.trial), static_cast<Index>(now.trials), note_of(now));
  };
}

}  // namespace qprompt::cli

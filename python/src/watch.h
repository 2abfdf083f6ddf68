#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "python/src/model.h"
#include "python/src/task.h"
#include "qprompt/features/feature_options.h"
#include "qprompt/train/training_config.h"
#include "qprompt/tune/tune.h"

// What Python sees of long work. Callbacks are borrowed from the call that the work belongs to;
// `progress` is called as progress(label, done, total, note), some times a second.
namespace qprompt::python {

// Where features come from and what is told of it.
FeatureOptions feature_options(const LoadedModel& model, Task& task, nanobind::handle progress,
                               const std::string& label, bool skip_bad_images);

struct TrainingCallbacks {
  nanobind::handle progress, on_epoch, on_step;  // each may be None
};
// on_epoch(report of the epoch as a dictionary) and on_step(done, steps) end the training where
// they return False.
Observer training_observer(Task& task, const TrainingCallbacks& callbacks);

std::function<void(const TuneProgress&)> choosing_progress(Task& task, nanobind::handle progress);

}  // namespace qprompt::python

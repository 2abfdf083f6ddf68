#include "python/src/watch.h"

#include <nanobind/stl/string.h>

#include <chrono>
#include <memory>

#include "qprompt/train/epoch_report.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

// Calls back some times a second, and at the end.
class Progress {
 public:
  Progress(Task& task, nb::handle callback, std::string label)
      : task_(task), callback_(callback), label_(std::move(label)) {}

  void operator()(std::int64_t done, std::int64_t total, const std::string& note) {
    const auto now = Clock::now();
    if (callback_.is_none() || (done < total && now < next_)) return;
    next_ = now + std::chrono::milliseconds(100);
    task_.on_caller([&] { callback_(label_, done, total, note); });
  }

 private:
  using Clock = std::chrono::steady_clock;
  Task& task_;
  nb::handle callback_;
  std::string label_;
  Clock::time_point next_{};
};

nb::dict as_dict(EpochReport report) {
  nb::dict dict;
  report.visit_fields([&](const char* field, auto& value, const char*) { dict[field] = value; });
  return dict;
}

void end_where_false(Task& task, const nb::object& answer) {
  if (answer.ptr() == Py_False) task.end();
}

std::function<void(const std::string&)> warnings_of(Task& task) {
  return [&task](const std::string& notice) {
    task.on_caller([&] {
      if (PyErr_WarnEx(PyExc_UserWarning, notice.c_str(), 1) != 0) throw nb::python_error();
    });
  };
}

}  // namespace

FeatureOptions feature_options(const LoadedModel& model, Task& task, nb::handle progress,
                               const std::string& label, bool skip_bad_images) {
  FeatureOptions options;
  options.cache = model.cache;
  options.skip_bad_images = skip_bad_images;
  options.stop = task.stop();
  options.notice = warnings_of(task);
  options.progress = [told = std::make_shared<Progress>(task, progress, label)](
                         const FeatureProgress& now) { (*told)(now.done, now.total, ""); };
  return options;
}

Observer training_observer(Task& task, const TrainingCallbacks& callbacks) {
  Observer observer;
  observer.stop = task.stop();
  const auto told = std::make_shared<Progress>(task, callbacks.progress, "training");
  const auto note = std::make_shared<std::string>();
  observer.on_step = [&task, told, note, on_step = callbacks.on_step](std::int64_t done,
                                                                      std::int64_t steps) {
    (*told)(done, steps, *note);
    if (on_step.is_none()) return;
    task.on_caller([&] { end_where_false(task, on_step(done, steps)); });
  };
  observer.on_epoch = [&task, note, on_epoch = callbacks.on_epoch](const EpochReport& report) {
    *note = "loss " + std::to_string(report.loss);
    if (on_epoch.is_none()) return;
    task.on_caller([&] { end_where_false(task, on_epoch(as_dict(report))); });
  };
  return observer;
}

std::function<void(const TuneProgress&)> choosing_progress(Task& task, nb::handle progress) {
  return [told = std::make_shared<Progress>(task, progress, "choosing")](const TuneProgress& now) {
    (*told)(static_cast<std::int64_t>(now.trial), static_cast<std::int64_t>(now.trials),
            now.candidate);
  };
}

}  // namespace qprompt::python

#include "qprompt/experiment/experiments.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/bindings.h"
#include "python/src/model.h"
#include "python/src/watch.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/experiment/sweep.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDivisionSeed = 1;  // as `qprompt base-to-new` divides what is not divided

// Each data set read once, by its name or folder.
class NamedData {
 public:
  explicit NamedData(std::optional<fs::path> root) : root_(std::move(root)) {}

  std::shared_ptr<const RunData> operator()(const std::string& name) {
    auto& data = read_[name];
    if (!data) data = read(name);
    return data;
  }

 private:
  std::shared_ptr<const RunData> read(const std::string& name) const {
    const DataOptions options{.data_root = root_, .seed = kDivisionSeed};
    const std::string place = place_of_data(name, options).string();
    Dataset dataset = naming(place, [&] { return load_dataset(name, options); });
    DataDescription description = described(dataset, {.path = place});
    return std::make_shared<const RunData>(std::move(dataset), std::move(description));
  }

  std::optional<fs::path> root_;
  std::map<std::string, std::shared_ptr<const RunData>> read_;
};

void require_all_done(const std::vector<RunOutcome>& outcomes) {
  for (const RunOutcome& outcome : outcomes) {
    require(outcome.fate != RunFate::kFailed, outcome.folder.string(), ": ", outcome.message);
  }
}

// The records of the runs, in their order: those that are there are not done again.
std::vector<fs::path> run_experiment(const LoadedModel& model, const ExperimentRequest& request,
                                     const std::optional<fs::path>& data_root,
                                     const fs::path& records, bool skip_bad_images,
                                     nb::handle progress) {
  Task task;
  const auto options = [&](const char* label) {
    return feature_options(model, task, progress, label, skip_bad_images);
  };
  return task.run([&] {
    NamedData data(data_root);
    const std::vector<RunSpec> runs = runs_of(request, std::ref(data));
    Workbench bench(model.here(), options("training images"), options("test images"));
    SweepOptions sweep{.records = records};
    sweep.on_begin = [&] { return training_observer(task, {progress, Py_None, Py_None}); };
    sweep.on_choosing = choosing_progress(task, progress);
    require_all_done(run_all(bench, runs, sweep));
    return finished_records(records, runs, model.here());
  });
}

std::vector<std::string> names_of_experiments() {
  std::vector<std::string> names;
  for (const Experiment& experiment : experiments()) names.push_back(experiment.name);
  return names;
}

}  // namespace

void bind_experiments(nb::module_& module) {
  nb::class_<ExperimentRequest>(module, "ExperimentRequest")
      .def(nb::init<>())
      .def_rw("experiment", &ExperimentRequest::experiment)
      .def_rw("data", &ExperimentRequest::data)
      .def_rw("targets", &ExperimentRequest::targets)
      .def_rw("methods", &ExperimentRequest::methods)
      .def_rw("values", &ExperimentRequest::values)
      .def_rw("shots", &ExperimentRequest::shots)
      .def_rw("seeds", &ExperimentRequest::seeds)
      .def_rw("train_seeds", &ExperimentRequest::train_seeds)
      .def_rw("templates", &ExperimentRequest::templates)
      .def_rw("settings", &ExperimentRequest::settings);
  module.def("experiment", run_experiment, nb::arg("model"), nb::arg("request"),
             nb::arg("data_root").none(), nb::arg("records"), nb::arg("skip_bad_images"),
             nb::arg("progress").none());
  module.def("experiments", names_of_experiments);
}

}  // namespace qprompt::python

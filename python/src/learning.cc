#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <nlohmann/json.hpp>
#include <set>

#include "python/src/bindings.h"
#include "python/src/model.h"
#include "python/src/prompt.h"
#include "python/src/watch.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/file.h"
#include "qprompt/data/templates.h"
#include "qprompt/run/execute.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_lock.h"
#include "qprompt/train/settings.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

// The nearest name where no method has it; else it is another method's.
void refuse(const std::set<std::string>& unknown, const Settings& settings,
            const std::string& method) {
  for (const std::string& name : unknown) require_setting(name, settings.at(name));
  for (const std::string& name : unknown) fail(name, ": not a setting of ", method);
}

// As `qprompt train` has them: what is given, over the preset or what is recommended.
LearnConfig config_of(const Dataset& dataset, const Settings& given,
                      const std::optional<std::string>& preset_name) {
  std::set<std::string> unknown;
  const Settings settings =
      preset_name ? merged(preset(*preset_name).settings, given) : recommended(given);
  LearnConfig config = configured(settings, unknown);
  refuse(unknown, settings, enum_name(method_tag(config.method)));
  if (!given.contains("model_choice")) keep_last_without_validation(dataset, config);
  return config;
}

// What was learned, and what a record says of it.
using Outcome = std::pair<NamedPrompt, std::string>;

std::string report_of(const LearnConfig& config, const Learned& learned) {
  nlohmann::ordered_json report{{"settings", as_json(config)}};
  report.update(as_json(learned));
  report["scarce"] = nlohmann::ordered_json::object();
  for (const ScarceClass& scarce : learned.scarce) report["scarce"][scarce.name] = scarce.images;
  return json_text(report);
}

Outcome fit(const LoadedModel& model, const Dataset& dataset, const Settings& settings,
            const std::optional<std::string>& preset_name, std::optional<bool> exif,
            bool skip_bad_images, nb::handle progress, nb::handle on_epoch, nb::handle on_step) {
  const LearnConfig config = config_of(dataset, settings, preset_name);
  Task task;
  Learned learned = task.run([&] {
    return learn(model.here(), dataset, config,
                 feature_options(model, task, progress, "training images", skip_bad_images),
                 training_observer(task, {progress, on_epoch, on_step}));
  });
  learned.prompt.exif = exif;
  const std::string report = report_of(config, learned);
  return {{std::move(learned.prompt), std::move(learned.class_names)}, report};
}

Method tuned_method(const Settings& settings) {
  std::set<std::string> unknown;
  Method method = named_method(kTunedName, settings, unknown);
  refuse(unknown, settings, "any candidate");
  return method;
}

RunSpec tuned_run(const Dataset& dataset, const DataDescription& description,
                  const Settings& settings) {
  RunSpec spec;
  spec.experiment = "train";
  spec.method = tuned_method(settings);
  spec.data = std::make_shared<const RunData>(dataset, description);
  const ClassSubset classes = spec.method.learn->classes;
  if (has_test_images(dataset, classes)) spec.targets = {{"test", spec.data, classes}};
  return spec;
}

// A run in `folder`, as `qprompt tune` leaves it.
Outcome tune(const LoadedModel& model, const Dataset& dataset, const Settings& settings,
             const std::filesystem::path& folder, std::optional<bool> exif, bool skip_bad_images,
             nb::handle progress, nb::handle on_epoch) {
  Task task;
  const auto run = [&] {
    Workbench bench(model.here(),
                    feature_options(model, task, progress, "training images", skip_bad_images),
                    feature_options(model, task, progress, "test images", skip_bad_images));
    const RunSpec spec = tuned_run(dataset, described(dataset, {}), settings);
    const auto lock = RunLock::try_lock(folder);
    require(lock.has_value(), folder.string(), ": another process works on this run");
    return execute(bench, spec,
                   {.folder = folder,
                    .observer = training_observer(task, {progress, on_epoch, Py_None}),
                    .on_choosing = choosing_progress(task, progress),
                    .exif = exif});
  };
  const RunResult result = task.run(run);
  return {{result.learned->prompt, result.learned->class_names}, read_text(folder / kReportName)};
}

}  // namespace

void bind_learning(nb::module_& module) {
  module.def("fit", fit, nb::arg("model"), nb::arg("dataset"), nb::arg("settings"),
             nb::arg("preset").none(), nb::arg("exif").none(), nb::arg("skip_bad_images"),
             nb::arg("progress").none(), nb::arg("on_epoch").none(), nb::arg("on_step").none());
  module.def("tune", tune, nb::arg("model"), nb::arg("dataset"), nb::arg("settings"),
             nb::arg("folder"), nb::arg("exif").none(), nb::arg("skip_bad_images"),
             nb::arg("progress").none(), nb::arg("on_epoch").none());
}

}  // namespace qprompt::python

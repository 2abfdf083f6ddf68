#include "python/src/model.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/paths.h"
#include "python/src/arrays.h"
#include "python/src/bindings.h"
#include "python/src/images.h"
#include "python/src/watch.h"
#include "qprompt/clip/engine.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/inference/embed.h"
#include "qprompt/kernels/device.h"

namespace nb = nanobind;

namespace qprompt::python {

const Model& LoadedModel::here() const {
  require(process == getpid(),
          "this model was loaded before fork(), and a child has none of its threads: expected one "
          "that this process loaded itself, or a process that was started by spawn");
  return model;
}

namespace {

std::shared_ptr<FeatureStore> store_in(const nb::object& cache) {
  if (cache.is_none() || cache.ptr() == Py_False) return nullptr;
  if (cache.ptr() != Py_True) return FeatureStore::open(nb::cast<std::filesystem::path>(cache));
  const auto users = cli::user_cache_folder();
  return users ? FeatureStore::open(*users) : nullptr;
}

CheckpointOptions checkpoint_options(const std::optional<std::string>& activation,
                                     const std::optional<std::pair<int, int>>& heads) {
  CheckpointOptions options;
  if (activation) options.activation = enum_from_name<Activation>(*activation);
  if (heads) options.heads = Heads{.text = heads->first, .image = heads->second};
  return options;
}

LoadedModel load(const std::string& name, const std::string& precision, int threads,
                 const std::optional<std::filesystem::path>& tokenizer,
                 const CheckpointOptions& checkpoint, std::shared_ptr<FeatureStore> store) {
  ModelOptions options;
  options.device.threads = threads;
  options.device.precision = enum_from_name<kernels::Precision>(precision);
  options.tokenizer = tokenizer;
  options.checkpoint = checkpoint;
  return {Model::load(name, options), std::move(store), getpid()};
}

Array<float> encode_image(const LoadedModel& model, const nb::sequence& images,
                          nb::handle progress) {
  const std::vector<ImageSource> sources = image_sources(images);
  Task task;
  return as_array(task.run([&] {
    return embed_images(model.here(), sources,
                        feature_options(model, task, progress, "images", false));
  }));
}

Array<float> encode_text(const LoadedModel& model, const std::vector<std::string>& texts) {
  Task task;
  return as_array(task.run([&] { return embed_texts(model.here(), texts); }));
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<LoadedModel>(module, "Model")
      .def_static(
          "load",
          [](const std::string& name, const std::string& precision, int threads,
             const std::optional<std::filesystem::path>& tokenizer,
             const std::optional<std::string>& activation,
             const std::optional<std::pair<int, int>>& heads, const nb::object& cache) {
            auto store = store_in(cache);
            const nb::gil_scoped_release release;
            return load(name, precision, threads, tokenizer, checkpoint_options(activation, heads),
                        std::move(store));
          },
          nb::arg("name"), nb::arg("precision"), nb::arg("threads"), nb::arg("tokenizer").none(),
          nb::arg("activation").none(), nb::arg("heads").none(), nb::arg("cache"))
      .def_prop_ro("path", [](const LoadedModel& self) { return self.model.path(); })
      .def_prop_ro("embed", [](const LoadedModel& self) { return self.model.shape().embed; })
      .def_prop_ro("logit_scale", [](const LoadedModel& self) { return self.model.logit_scale(); })
      .def_prop_ro("identity", [](const LoadedModel& self) { return self.model.identity(); })
      .def_prop_ro("assumptions", [](const LoadedModel& self) { return self.model.assumptions(); })
      .def_prop_ro("threads",
                   [](const LoadedModel& self) { return self.model.device().info().threads; })
      .def_prop_ro(
          "precision",
          [](const LoadedModel& self) { return precision_name(self.model.device().info()); })
      .def("encode_image", encode_image, nb::arg("images"), nb::arg("progress").none())
      .def("encode_text", encode_text, nb::arg("texts"));
}

}  // namespace qprompt::python

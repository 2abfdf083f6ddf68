#include "qprompt/data/dataset.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/bindings.h"
#include "python/src/images.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

std::optional<Orientation> orientation_of(std::optional<bool> exif) {
  if (!exif) return std::nullopt;
  return *exif ? Orientation::kUpright : Orientation::kAsStored;
}

Dataset load(const std::filesystem::path& data, std::optional<std::filesystem::path> data_root,
             std::optional<std::filesystem::path> split,
             std::optional<std::filesystem::path> class_names, std::uint64_t seed,
             std::optional<bool> exif) {
  const DataOptions options{.data_root = std::move(data_root),
                            .split = std::move(split),
                            .seed = seed,
                            .class_names = std::move(class_names),
                            .orientation = orientation_of(exif)};
  const nb::gil_scoped_release release;
  return naming(data.string(), [&] { return load_dataset(data, options); });
}

std::vector<Item> items_of(const nb::sequence& images, const std::vector<int>& labels) {
  const std::vector<ImageSource> sources = image_sources(images);
  require(sources.size() == labels.size(), sources.size(), " images and ", labels.size(),
          " labels, expected as many");
  std::vector<Item> items;
  for (std::size_t i = 0; i < sources.size(); ++i) items.push_back({sources[i], labels[i]});
  return items;
}

// Validation images are given, or a share of the others is held out.
Dataset of(const nb::sequence& images, const std::vector<int>& labels,
           std::vector<std::string> class_names, const nb::sequence& validation_images,
           const std::vector<int>& validation_labels, double validation_share, std::uint64_t seed) {
  const std::vector<Item> held_out = items_of(validation_images, validation_labels);
  Dataset dataset = dataset_of(items_of(images, labels), std::move(class_names),
                               held_out.empty() ? validation_share : 0, seed);
  if (!held_out.empty()) dataset.val = held_out;
  return dataset;
}

// Images that a classifier with these classes is tested on.
Dataset tested(const nb::sequence& images, const std::vector<int>& labels,
               std::vector<std::string> class_names) {
  return {.class_names = std::move(class_names), .test = items_of(images, labels)};
}

}  // namespace

void bind_dataset(nb::module_& module) {
  nb::class_<Dataset>(module, "Dataset")
      .def_static("load", load, nb::arg("data"), nb::arg("data_root").none(),
                  nb::arg("split").none(), nb::arg("class_names").none(), nb::arg("seed"),
                  nb::arg("exif").none())
      .def_static("of", of, nb::arg("images"), nb::arg("labels"), nb::arg("class_names"),
                  nb::arg("validation_images"), nb::arg("validation_labels"),
                  nb::arg("validation_share"), nb::arg("seed"))
      .def_static("tested", tested, nb::arg("images"), nb::arg("labels"), nb::arg("class_names"))
      .def_ro("name", &Dataset::name)
      .def_ro("class_names", &Dataset::class_names)
      .def_ro("notices", &Dataset::notices)
      .def_prop_ro("train_images", [](const Dataset& self) { return self.train.size(); })
      .def_prop_ro("validation_images", [](const Dataset& self) { return self.val.size(); })
      .def_prop_ro("test_images", [](const Dataset& self) { return self.test.size(); });
}

}  // namespace qprompt::python

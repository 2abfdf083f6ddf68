#include "python/src/classifier.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <nlohmann/json.hpp>
#include <tuple>

#include "python/src/arrays.h"
#include "python/src/bindings.h"
#include "python/src/images.h"
#include "python/src/watch.h"
#include "qprompt/core/error.h"
#include "qprompt/data/few_shot.h"
#include "qprompt/data/templates.h"
#include "qprompt/eval/evaluate.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/inference/predictions.h"
#include "qprompt/run/record.h"
#include "qprompt/run/test_set.h"

namespace nb = nanobind;

namespace qprompt::python {

Orientation Classifier::orientation() const {
  const auto* prompt = std::get_if<NamedPrompt>(&source);
  const bool as_stored = prompt != nullptr && prompt->file.exif == false;
  return as_stored ? Orientation::kAsStored : Orientation::kUpright;
}

namespace {

using Probabilities = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

AdaptedModel adapted_to(const LoadedModel& model,
                        const std::variant<NamedPrompt, Templates>& source,
                        const std::vector<std::string>& class_names) {
  if (const auto* templates = std::get_if<Templates>(&source)) {
    return AdaptedModel::zero_shot(model.here(), *templates, class_names);
  }
  return {model.here(), std::get<NamedPrompt>(source).file, class_names, model.cache};
}

Classifier made(const LoadedModel& model, const std::variant<NamedPrompt, Templates>& source,
                const std::vector<std::string>& class_names) {
  Task task;
  return task.run([&]() -> Classifier {
    return {model, source, adapted_to(model, source, class_names)};
  });
}

Classifier of_prompt(const LoadedModel& model, const NamedPrompt& prompt,
                     const std::vector<std::string>& class_names) {
  return made(model, prompt, class_names);
}

Classifier zero_shot(const LoadedModel& model, const std::vector<std::string>& templates,
                     const std::vector<std::string>& class_names) {
  return made(model, templates_of(templates), class_names);
}

Matrix logits(const Classifier& classifier, const std::vector<ImageSource>& images, Task& task,
              nb::handle progress) {
  classifier.model.here();
  return classifier.adapted.logits(classifier.adapted.features(
      images, feature_options(classifier.model, task, progress, "images", false)));
}

Array<float> logits_array(const Classifier& self, const nb::sequence& images, nb::handle progress) {
  const auto sources = image_sources(images, self.orientation());
  Task task;
  return as_array(task.run([&] { return logits(self, sources, task, progress); }));
}

Probabilities softmax_of_rows(const Matrix& logits) {
  Probabilities probabilities(logits.rows(), logits.cols());
  for (Index i = 0; i < logits.rows(); ++i) probabilities.row(i) = softmax(logits.row(i));
  return probabilities;
}

Array<double> probabilities_array(const Classifier& self, const nb::sequence& images,
                                  nb::handle progress) {
  const auto sources = image_sources(images, self.orientation());
  Task task;
  return as_array(task.run([&] { return softmax_of_rows(logits(self, sources, task, progress)); }));
}

std::vector<Classification> classified(const Classifier& self, const nb::sequence& images, int top,
                                       double min_confidence, std::optional<double> min_known_score,
                                       bool skip_bad_images, nb::handle progress) {
  const auto sources = image_sources(images, self.orientation());
  Task task;
  return task.run([&] {
    self.model.here();
    return classify(
        self.adapted, sources,
        {.top_k = top,
         .min_confidence = min_confidence,
         .min_known_score = min_known_score,
         .features = feature_options(self.model, task, progress, "images", skip_bad_images)});
  });
}

// Metrics as the records have them, and (image, label, predicted, probability) of each image.
using Answer = std::tuple<std::string, int, int, double>;
std::pair<std::string, std::vector<Answer>> evaluated(const Classifier& self, const Dataset& data,
                                                      bool skip_bad_images, nb::handle progress) {
  Task task;
  const Evaluation evaluation = task.run([&] {
    self.model.here();
    return evaluate(self.adapted, data.test,
                    feature_options(self.model, task, progress, "test images", skip_bad_images));
  });
  nlohmann::ordered_json json = as_json(evaluation.metrics, self.adapted.class_names());
  json["skipped_images"] = evaluation.skipped;
  std::vector<Answer> answers;
  for (const ImageResult& image : evaluation.images) {
    answers.emplace_back(image.image, image.label, image.predicted, image.probability);
  }
  return {json_text(json), std::move(answers)};
}

// The very images that `qprompt evaluate` tests, of a prompt that lies at `prompt` where it does;
// as images of the classifier's classes.
Dataset test_images(const Classifier& self, const std::filesystem::path& data,
                    std::optional<std::filesystem::path> data_root,
                    std::optional<std::filesystem::path> split, const std::filesystem::path& prompt,
                    std::optional<std::uint64_t> seed) {
  TestSetRequest request{
      .data = data, .options = {}, .prompt = prompt, .classes = {}, .seed = seed};
  request.options.data_root = std::move(data_root);
  request.options.split = std::move(split);
  const nb::gil_scoped_release release;
  return with_class_list(test_set(request).chosen, self.adapted.class_names());
}

// A prompt's bytes and class names, or templates: what a copy elsewhere is made from.
nb::tuple source_of(const Classifier& self) {
  if (const auto* templates = std::get_if<Templates>(&self.source)) {
    return nb::make_tuple(nb::none(), nb::none(), *templates);
  }
  const auto& prompt = std::get<NamedPrompt>(self.source);
  const std::vector<std::byte> bytes = to_bytes(prompt.file);
  return nb::make_tuple(nb::bytes(bytes.data(), bytes.size()), prompt.class_names, Templates());
}

void bind_classification(nb::module_& module) {
  nb::class_<ClassScore>(module, "ClassScore",
                         "A class and its probability; `cosine` where logits are nothing but "
                         "cosines.")
      .def_ro("class_name", &ClassScore::class_name)
      .def_ro("probability", &ClassScore::probability)
      .def_ro("cosine", &ClassScore::cosine);
  nb::class_<Classification>(module, "Classification",
                             "What was said of an image: `scores` are best first.")
      .def_ro("image", &Classification::image)
      .def_ro("scores", &Classification::scores)
      .def_ro("abstained", &Classification::abstained)
      .def_ro("margin", &Classification::margin)
      .def_ro("known_score", &Classification::known_score)
      .def_ro("unknown", &Classification::unknown)
      .def_ro("damage", &Classification::damage);
}

}  // namespace

void bind_classifier(nb::module_& module) {
  bind_classification(module);
  nb::class_<Classifier>(module, "Classifier")
      .def_static("of_prompt", of_prompt, nb::arg("model"), nb::arg("prompt"),
                  nb::arg("class_names"))
      .def_static("zero_shot", zero_shot, nb::arg("model"), nb::arg("templates"),
                  nb::arg("class_names"))
      .def(
          "with_classes",
          [](const Classifier& self, const std::vector<std::string>& class_names) {
            return made(self.model, self.source, class_names);
          },
          nb::arg("class_names"))
      .def_prop_ro("class_names", [](const Classifier& self) { return self.adapted.class_names(); })
      .def_prop_ro("source", source_of)
      .def_prop_ro(
          "class_features",
          [](const Classifier& self) { return as_array(Matrix(self.adapted.class_matrix())); },
          nb::rv_policy::move)
      .def("logits", logits_array, nb::arg("images"), nb::arg("progress").none())
      .def("predict_proba", probabilities_array, nb::arg("images"), nb::arg("progress").none())
      .def("classify", classified, nb::arg("images"), nb::arg("top"), nb::arg("min_confidence"),
           nb::arg("min_known_score").none(), nb::arg("skip_bad_images"),
           nb::arg("progress").none())
      .def("test_images", test_images, nb::arg("data"), nb::arg("data_root").none(),
           nb::arg("split").none(), nb::arg("prompt"), nb::arg("seed").none())
      .def("evaluate", evaluated, nb::arg("data"), nb::arg("skip_bad_images"),
           nb::arg("progress").none());
}

}  // namespace qprompt::python

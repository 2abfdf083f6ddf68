#include "qprompt/run/run_spec.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/slug.h"
#include "qprompt/kernels/device.h"
#include "qprompt/prompt/learner.h"
#include "qprompt/run/record.h"

namespace qprompt {
namespace {

// Relative to where the data lie, so that they may be moved.
std::uint64_t hash_of(std::span<const Item> items, const std::string& root, std::uint64_t hash) {
  for (const Item& item : items) {
    const std::string name = name_within(item.image.name(), root);
    hash = hash64(name + '\n' + std::to_string(item.label), hash);
  }
  return hash;
}

std::uint64_t hash_of(const std::vector<std::string>& names, std::uint64_t hash) {
  for (const std::string& name : names) hash = hash64(name + '\n', hash);
  return hash;
}

// A part of a folder's name.
std::string simple(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  return slug(text, ".+").substr(0, kLongest);
}

void require_test_images(const Target& target) {
  const Dataset& dataset = target.data->dataset;
  require(has_test_images(dataset, target.classes), target.data->description.path,
          ": no test images of the ", enum_name(target.classes), " classes; understood was ",
          summary(dataset));
}

// Whether the method can be asked about the classes of the targets.
void require_answers(const RunSpec& spec, const Model& model) {
  bool class_bound = false;
  for (const LearnConfig& part : spec.method.all_parts()) {
    require_valid(part);
    class_bound = make_learner(part.method, model)->class_bound() || class_bound;
  }
  if (!class_bound) return;
  const auto learned = class_names_of(spec.data->dataset, spec.method.learn->classes);
  for (const Target& target : spec.targets) {
    const auto asked = class_names_of(target.data->dataset, target.classes);
    require(asked == learned, spec.experiment, ": '", spec.method.name,
            "' learns for the classes it saw alone and has no answer for those of '", target.name,
            "'");
  }
}

}  // namespace

std::string label_of(const RunSpec& spec) {
  std::string label = spec.method.name;
  for (const auto& [field, value] : spec.varied) label += " " + field + "=" + value;
  return label;
}

RunData::RunData(Dataset data, DataDescription described)
    : dataset(std::move(data)), description(std::move(described)) {
  const std::string& root = description.path;
  const std::uint64_t classes = hash_of(dataset.class_names, 1);
  source_hash = hash_of(dataset.val, root, hash_of(dataset.train, root, classes));
  test_hash = hash_of(dataset.test, root, classes);
}

std::uint64_t run_hash(const RunSpec& spec, const Model& model) {
  return at_border([&] {
    nlohmann::ordered_json json = {{"experiment", spec.experiment},
                                   {"method", spec.method.name},
                                   {"settings", settings_as_json(spec.method)},
                                   {"varied", spec.varied},
                                   {"by_epoch", spec.by_epoch},
                                   {"model", hex64(model.identity())},
                                   {"precision", kernels::precision_name(model.device().info())},
                                   {"exif", spec.data->description.exif},
                                   {"version", record_version()}};
    if (spec.method.learn) json["source"] = hex64(spec.data->source_hash);
    for (const Target& target : spec.targets) {
      json["targets"].push_back(
          {target.name, enum_name(target.classes), hex64(target.data->test_hash)});
    }
    return hash64(json_line(json));
  });
}

std::string folder_name(const RunSpec& spec, std::uint64_t hash) {
  std::string name = simple(spec.experiment) + "/" + simple(spec.data->dataset.name);
  if (spec.method.learn && spec.method.learn->classes != ClassSubset::kAll) {
    name += "-" + enum_name(spec.method.learn->classes);
  }
  name += "-" + simple(label_of(spec));
  if (const auto& learn = spec.method.learn) {
    name += learn->shots > 0 ? fmt::format("-{}shots", learn->shots) : "-all";
    name += fmt::format("-seed{}", learn->seed);
    const std::uint64_t order = learn->effective_train_seed();
    if (order != learn->seed) name += fmt::format(".{}", order);
  }
  return name + "-" + hex64(hash).substr(0, 8);
}

void require_possible(const RunSpec& spec, const Model& model) {
  for (const Target& target : spec.targets) require_test_images(target);
  if (spec.method.learn) require_answers(spec, model);
}

}  // namespace qprompt

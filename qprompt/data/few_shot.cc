#include "qprompt/data/few_shot.h"

#include <algorithm>
#include <unordered_map>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/python_random.h"

namespace qprompt {
namespace {

// One list per label, in the order in which the labels first appear.
std::vector<std::vector<Item>> group_by_label(const std::vector<Item>& items) {
  std::vector<std::vector<Item>> groups;
  std::unordered_map<int, std::size_t> group_of;
  for (const Item& item : items) {
    const auto [position, is_new] = group_of.emplace(item.label, groups.size());
    if (is_new) groups.emplace_back();
    groups[position->second].push_back(item);
  }
  return groups;
}

std::vector<Item> sample_each_label(const std::vector<Item>& items, std::size_t shots,
                                    PythonRandom& random) {
  std::vector<Item> sampled;
  for (const std::vector<Item>& group : group_by_label(items)) {
    if (group.size() < shots) {  // draws no random number, as the reference
      sampled.insert(sampled.end(), group.begin(), group.end());
      continue;
    }
    for (const std::size_t i : random.sample(group.size(), shots)) sampled.push_back(group[i]);
  }
  return sampled;
}

std::vector<ScarceClass> scarce_classes(const Dataset& dataset, int shots) {
  std::vector<int> images(dataset.class_names.size());
  for (const Item& item : dataset.train) ++images.at(item.label);
  std::vector<ScarceClass> scarce;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i] >= shots) continue;
    scarce.push_back({.name = dataset.class_names[i], .images = images[i]});
  }
  return scarce;
}

// Positions first .. end - 1.
struct ClassRange {
  int first = 0, end = 0;

  bool holds(int label) const { return label >= first && label < end; }
};

// Items of these classes, their labels renumbered from zero.
std::vector<Item> with_labels(const std::vector<Item>& items, const ClassRange& range) {
  std::vector<Item> kept;
  for (const Item& item : items) {
    if (!range.holds(item.label)) continue;
    kept.push_back({.image = item.image, .label = item.label - range.first});
  }
  return kept;
}

ClassRange range_of(const Dataset& dataset, ClassSubset classes) {
  const int n = static_cast<int>(dataset.class_names.size());
  const int half = (n + 1) / 2;
  if (classes == ClassSubset::kAll) return {0, n};
  const ClassRange range =
      classes == ClassSubset::kBase ? ClassRange{0, half} : ClassRange{half, n};
  require(range.end - range.first > 1, dataset.name, ": of its ", n, " classes ",
          range.end - range.first, " would be ", enum_name(classes), ", expected at least 2");
  return range;
}

}  // namespace

FewShot few_shot(const Dataset& dataset, int shots, std::uint64_t seed) {
  return at_border([&]() -> FewShot {
    FewShot sampled{.dataset = dataset};
    if (shots < 1) return sampled;
    PythonRandom random(seed);  // one stream: train first, then val
    sampled.dataset.train =
        sample_each_label(dataset.train, static_cast<std::size_t>(shots), random);
    sampled.dataset.val =
        sample_each_label(dataset.val, static_cast<std::size_t>(std::min(shots, 4)), random);
    sampled.scarce = scarce_classes(dataset, shots);
    return sampled;
  });
}

Dataset subsample_classes(const Dataset& dataset, ClassSubset classes) {
  return at_border([&]() -> Dataset {
    if (classes == ClassSubset::kAll) return dataset;
    const ClassRange range = range_of(dataset, classes);
    Dataset part = dataset;
    part.class_names = class_names_of(dataset, classes);
    for (auto* items : {&part.train, &part.val, &part.test}) {
      *items = with_labels(*items, range);
    }
    return part;
  });
}

std::vector<std::string> class_names_of(const Dataset& dataset, ClassSubset classes) {
  const auto [first, end] = range_of(dataset, classes);
  return {dataset.class_names.begin() + first, dataset.class_names.begin() + end};
}

namespace {

bool has_images(const Dataset& dataset, const std::vector<Item>& items, ClassSubset classes) {
  const ClassRange range = range_of(dataset, classes);
  return std::ranges::any_of(items, [&](const Item& item) { return range.holds(item.label); });
}

}  // namespace

bool has_test_images(const Dataset& dataset, ClassSubset classes) {
  return has_images(dataset, dataset.test, classes);
}

bool has_validation_images(const Dataset& dataset, ClassSubset classes) {
  return has_images(dataset, dataset.val, classes);
}

namespace {

// A name as prompts are read: those of equal ones are one class.
std::string as_read(const std::string& name) { return folded_text(name_text(name)); }

// Positions by name; kTwice for a name that stands there twice.
constexpr int kTwice = -1, kAbsent = -2;
std::unordered_map<std::string, int> positions(const std::vector<std::string>& class_names) {
  std::unordered_map<std::string, int> positions;
  for (int i = 0; i < std::ssize(class_names); ++i) {
    const auto [place, is_new] = positions.emplace(as_read(class_names[i]), i);
    if (!is_new) place->second = kTwice;
  }
  return positions;
}

// Where each of `names` stands among `class_names`.
std::vector<int> places(const std::vector<std::string>& names,
                        const std::vector<std::string>& class_names) {
  const auto position = positions(class_names);
  std::vector<int> places;
  places.reserve(names.size());
  for (const std::string& name : names) {
    const auto found = position.find(as_read(name));
    places.push_back(found == position.end() ? kAbsent : found->second);
  }
  return places;
}

}  // namespace

Dataset with_class_list(const Dataset& dataset, std::vector<std::string> class_names) {
  return at_border([&] {
    Dataset result = dataset;
    result.class_names = std::move(class_names);
    if (result.class_names == dataset.class_names) return result;
    const std::vector<int> place = places(dataset.class_names, result.class_names);
    for (auto* items : {&result.train, &result.val, &result.test}) {
      for (Item& item : *items) {
        const std::string& name = dataset.class_names.at(item.label);
        item.label = place[item.label];
        require(item.label != kAbsent, dataset.name, ": its class '", name, "' is not among the ",
                result.class_names.size(), " classes asked for");
        require(item.label != kTwice, dataset.name, ": its class '", name,
                "' is twice among the classes asked for");
      }
    }
    return result;
  });
}

}  // namespace qprompt

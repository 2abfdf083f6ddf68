#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"

namespace qprompt {

// A class that had fewer training images than shots: all of them were taken.
struct ScarceClass {
  std::string name{};
  int images = 0;

  bool operator==(const ScarceClass&) const = default;
};

struct FewShot {
  Dataset dataset{};  // test is untouched
  std::vector<ScarceClass> scarce{};
};

// `shots` training images and min(shots, 4) validation images a class, the very ones that the
// published splits hold (Dassl's sampling with Python's random numbers). shots < 1: all images.
QPROMPT_API FewShot few_shot(const Dataset& dataset, int shots, std::uint64_t seed);

enum class ClassSubset { kAll, kBase, kNew };
inline auto enum_names(ClassSubset) { return std::array{"all", "base", "new"}; }

// Base: the first half of the classes, rounded up; new: the rest. Labels are renumbered from zero:
// the head of the softmax is the class list. Throws Error when fewer than two classes are left.
QPROMPT_API Dataset subsample_classes(const Dataset& dataset, ClassSubset classes);
// What that has for class names, and whether for test or validation images any, without a copy of
// all images.
std::vector<std::string> class_names_of(const Dataset& dataset, ClassSubset classes);
bool has_test_images(const Dataset& dataset, ClassSubset classes);
bool has_validation_images(const Dataset& dataset, ClassSubset classes);

// The same images among another class list: labels become positions in `class_names`, found by the
// names as prompts read them. Throws Error naming a class that has images and is not in it, or that
// is in it twice.
QPROMPT_API Dataset with_class_list(const Dataset& dataset, std::vector<std::string> class_names);

}  // namespace qprompt

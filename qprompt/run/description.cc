#include "qprompt/run/description.h"

#include <filesystem>

#include "qprompt/data/dataset.h"

namespace qprompt {
namespace {

// A run knows its data from any folder; nothing stays nothing.
std::string absolute_path(const std::string& path) {
  return path.empty() ? "" : std::filesystem::absolute(path).string();
}

}  // namespace

DataDescription described(const Dataset& dataset, const DataPlace& place) {
  return {.path = absolute_path(place.path),
          .name = dataset.name,
          .split = absolute_path(place.split),
          .class_names = place.class_names,
          .classes = std::ssize(dataset.class_names),
          .train = std::ssize(dataset.train),
          .val = std::ssize(dataset.val),
          .test = std::ssize(dataset.test),
          .exif = dataset.orientation == Orientation::kUpright,
          .ignored = dataset.ignored,
          .notices = dataset.notices};
}

}  // namespace qprompt

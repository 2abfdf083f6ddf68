#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace qprompt {

struct Dataset;

// Where images came from, as a person said it, and what was understood.
struct DataDescription {
  std::string path, name{}, split, class_names;
  std::int64_t classes = 0, train = 0, val = 0, test = 0;  // images of each part
  bool exif = false;                                       // the camera's orientation is applied
  std::map<std::string, int> ignored{};                    // files that are no images, by extension
  std::vector<std::string> notices{};

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("path", path, "absolute");
    visit("name", name, "of the data set");
    visit("split", split, "absolute");
    visit("class_names", class_names, "file with the names of class folders");
    visit("classes", classes, "");
    visit("train", train, "images");
    visit("val", val, "images");
    visit("test", test, "images");
    visit("exif", exif, "whether the camera's orientation is applied");
    visit("ignored", ignored, "files that are no images, by extension");
    visit("notices", notices, "what is doubtful about the data");
  }
};

// Where a person said that data lie; empty where nothing was said.
struct DataPlace {
  std::string path{}, split{}, class_names{};
};
DataDescription described(const Dataset& dataset, const DataPlace& place);

// A preset that settings began with, and where they differ from it.
struct PresetUse {
  std::string name, source;
  std::map<std::string, std::string> differences;  // fields and what they are instead

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("name", name, "");
    visit("source", source, "where the numbers come from");
    visit("differences", differences, "");
  }
};

}  // namespace qprompt

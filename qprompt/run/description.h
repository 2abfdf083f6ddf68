#pragma once

#include <map>
#include <string>

namespace qprompt {

// Where images came from, as a person said it.
struct DataDescription {
  std::string path, split;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("path", path, "");
    visit("split", split, "");
  }
};

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

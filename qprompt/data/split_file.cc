#include "qprompt/data/split_file.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// Beside the parts: whether the camera's orientation is applied. CoOp's reader passes it over.
constexpr const char* kExif = "exif";

// CoOp's split file: {"train": [[path, label, class name], ...], "val": ..., "test": ...}.
class SplitFile {
 public:
  SplitFile(const json& root, std::string name) : root_(root), name_(std::move(name)) {
    require(root.is_object(), name_, ": expected an object with the keys train, val and test");
    std::map<Part, std::string> keys;
    for (const auto& [key, list] : root.items()) {
      if (key == kExif) {
        require(list.is_boolean(), name_, ": exif is ", list.dump().substr(0, 40),
                ", expected true or false");
        continue;
      }
      const auto part = part_called(key);
      require(part.has_value(), name_, ": the key '", key,
              "', expected train, val and test, as CoOp's split files have them");
      const auto [other, is_new] = keys.emplace(*part, key);
      require(is_new, name_, ": both '", other->second, "' and '", key, "' are its ",
              name_of(*part), " part");
      entries_ += list.size();
    }
  }

  Dataset read() {
    const bool upright = root_.value(kExif, false);
    Dataset dataset{.orientation = upright ? Orientation::kUpright : Orientation::kAsStored};
    for (const auto& [key, list] : root_.items()) {
      if (key != kExif) items_of(*part_called(key), dataset) = items(key, list);
    }
    for (std::size_t label = 0; label < names_.size(); ++label) {
      require(!names_[label].empty(), name_, ": label ", label,
              " has no image, although there are ", names_.size(),
              " labels; expected labels 0 .. n-1");
      dataset.class_names.push_back(
          readable_name(names_[label], name_ + ": label " + std::to_string(label) + ": "));
    }
    return dataset;
  }

 private:
  std::vector<Item> items(const std::string& key, const json& list) {
    std::vector<Item> items;
    require(list.is_array(), name_, ": ", key, " is not a list");
    for (const json& entry : list) {
      const std::string place = name_ + ": " + key + "[" + std::to_string(items.size()) + "]: ";
      items.push_back(item(entry, place));
    }
    return items;
  }

  Item item(const json& entry, const std::string& place) {
    require(entry.is_array() && entry.size() == 3 && entry[0].is_string() &&
                entry[1].is_number_integer() && entry[2].is_string(),
            place, "expected [path, label, class name]");
    const auto label = entry[1].get<std::int64_t>();
    // As many labels as images at most: checked before a list of that length is made.
    require(label >= 0 && label < static_cast<std::int64_t>(entries_), place, "label ", label,
            " out of range, expected 0 .. n-1");
    set_name(static_cast<std::size_t>(label), entry[2].get_ref<const std::string&>(), place);
    return {.image = fs::path(entry[0].get<std::string>()), .label = static_cast<int>(label)};
  }

  void set_name(std::size_t label, const std::string& name, const std::string& place) {
    require(!name.empty(), place, "an empty class name");
    if (names_.size() <= label) names_.resize(label + 1);
    if (names_[label].empty()) names_[label] = name;
    const bool same =
        names_[label] == name || readable_name(names_[label], place) == readable_name(name, place);
    require(same, place, "label ", label, " is called '", name, "', before '", names_[label], "'");
  }

  const json& root_;
  std::string name_;
  std::size_t entries_ = 0;
  std::vector<std::string> names_;  // by label
};

// As it is listed: below the folder that the paths are relative to.
std::string listed_path(const Item& item, const fs::path& root) {
  const std::string path =
      fs::absolute(item.image.path()).lexically_normal().lexically_relative(root).generic_string();
  require(!path.empty() && !path.starts_with(".."), item.image.name(), ": lies outside of ",
          root.string(), ", so a split that names it would hold on this machine only");
  require(is_utf8(path), item.image.name(), ": a path that is not UTF-8, which JSON cannot hold");
  return path;
}

}  // namespace

// An object that does not end with its line, or has a part's name for its first key.
bool is_split_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return text.substr(0, 1) == "[";
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  json first = json::parse(line, nullptr, false);
  if (first.is_object()) first.erase(kExif);
  return !first.is_object() || first.empty() || part_called(first.begin().key()).has_value();
}

Dataset read_split_json(std::string_view text, const fs::path& file) {
  const json root = parse_json(text, file);
  return SplitFile(root, file.string()).read();
}

std::string split_text(const Dataset& dataset, const fs::path& root) {
  return at_border([&] {
    const fs::path folder = fs::absolute(root / "").lexically_normal().parent_path();
    nlohmann::ordered_json split;
    for (const Part part : {Part::kTrain, Part::kVal, Part::kTest}) {
      auto& list = split[name_of(part)] = nlohmann::ordered_json::array();
      for (const Item& item : items_of(part, dataset)) {
        list.push_back({listed_path(item, folder), item.label, dataset.class_names.at(item.label)});
      }
    }
    if (dataset.orientation == Orientation::kUpright) split[kExif] = true;
    constexpr int kIndentation = 4;
    return split.dump(kIndentation, ' ', true);  // ASCII alone, as Python's json.dump writes it
  });
}

}  // namespace qprompt

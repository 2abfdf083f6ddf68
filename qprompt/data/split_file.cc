#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {
namespace {

using nlohmann::json;

// CoOp's split file: {"train": [[path, label, class name], ...], "val": ..., "test": ...}.
class SplitFile {
 public:
  SplitFile(const json& root, std::string name) : root_(root), name_(std::move(name)) {
    require(root.is_object(), name_, ": expected an object with the keys train, val and test");
    std::map<Part, std::string> keys;
    for (const auto& [key, list] : root.items()) {
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
    Dataset dataset{.orientation = Orientation::kAsStored};
    for (const auto& [key, list] : root_.items()) {
      items_of(*part_called(key), dataset) = items(key, list);
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
    return {.image = std::filesystem::path(entry[0].get<std::string>()),
            .label = static_cast<int>(label)};
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

}  // namespace

// An object that does not end with its line, or has a part's name for its first key.
bool is_split_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return text.substr(0, 1) == "[";
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  const json first = json::parse(line, nullptr, false);
  return !first.is_object() || first.empty() || part_called(first.begin().key()).has_value();
}

Dataset read_split_json(std::string_view text, const std::filesystem::path& file) {
  const json root = parse_json(text, file);
  return SplitFile(root, file.string()).read();
}

}  // namespace qprompt

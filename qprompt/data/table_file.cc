#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/table_rows.h"

namespace qprompt {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_wordnet_id(std::string_view text) {
  return text.size() == 9 && text[0] == 'n' && is_number(text.substr(1));
}

namespace {

// "n03773504" where an image lies in such a folder: WordNet's ids are classes, and ImageNet's names
// of them are not all different.
std::string wordnet_folder(const std::filesystem::path& path) {
  const std::string folder = path.parent_path().filename().string();
  return is_wordnet_id(folder) ? folder : "";
}

// What tells classes apart: the readable name, and the id.
using Key = std::pair<std::string, std::string>;

// Of each row. A label is read once, however many rows have it.
std::vector<Key> keys_of(const std::vector<TableRow>& rows) {
  std::map<std::string, std::string> readable;
  std::vector<Key> keys;
  keys.reserve(rows.size());
  for (const TableRow& row : rows) {
    const auto [name, is_new] = readable.try_emplace(row.label);
    if (is_new) name->second = readable_name(row.label, row.place);
    keys.emplace_back(name->second, row.id.empty() ? wordnet_folder(row.path) : row.id);
  }
  return keys;
}

// Whether the ids number classes and not rows or something else: each of one label, none once only.
bool ids_number_classes(const std::vector<TableRow>& rows) {
  std::map<std::string, std::pair<std::string, int>> of_id;  // label, rows
  for (const TableRow& row : rows) {
    auto& [label, count] = of_id.emplace(row.id, std::pair(row.label, 0)).first->second;
    if (!is_number(row.id) || label != row.label) return false;
    ++count;
  }
  return std::ranges::all_of(of_id, [](const auto& entry) { return entry.second.second > 1; });
}

// Within each part the ids number classes: then they do so in all, and one of two names is two data
// sets under one list.
void require_same_names(const Table& table) {
  std::map<std::string, std::vector<TableRow>> parts;
  for (const TableRow& row : table.rows) parts[row.part].push_back(row);
  const bool each_alone =
      std::ranges::all_of(parts, [](const auto& part) { return ids_number_classes(part.second); });
  if (parts.size() < 2 || !each_alone) return;
  std::map<std::string, const TableRow*> first;
  for (const TableRow& row : table.rows) {
    const TableRow& known = *first.emplace(row.id, &row).first->second;
    require(known.label == row.label, row.place, table.id_column, " ", row.id, " is called '",
            row.label, "' in the part '", row.part, "', but '", known.label, "' in '", known.part,
            "'; expected one name");
  }
}

// Ids that number no classes are a column that is not read.
void settle_ids(Table& table) {
  if (table.id_column.empty() || ids_number_classes(table.rows)) return;
  require_same_names(table);
  for (TableRow& row : table.rows) row.id.clear();
  table.unread.push_back(table.id_column);
}

// In the order of their labels as written, or as numbers where all of them are numbers; the first
// of the labels that read alike counts.
std::vector<Key> ordered_classes(const std::vector<TableRow>& rows, const std::vector<Key>& keys,
                                 std::map<Key, std::string>& label_of) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto [known, is_new] = label_of.emplace(keys[i], rows[i].label);
    if (!is_new) known->second = std::min(known->second, rows[i].label);
  }
  std::vector<Key> classes;
  classes.reserve(label_of.size());
  for (const auto& [key, label] : label_of) classes.push_back(key);
  std::ranges::stable_sort(classes, {}, [&](const Key& key) { return label_of.at(key); });
  if (std::ranges::all_of(label_of, [](const auto& entry) { return is_number(entry.second); })) {
    std::ranges::stable_sort(classes, {},
                             [&](const Key& key) { return std::stol(label_of.at(key)); });
  }
  return classes;
}

Part part_of(const TableRow& row) {
  const auto part = part_called(row.part);
  require(part.has_value(), row.place, "subset '", row.part, "', expected train, val or test");
  return *part;
}

void tell_unread(const std::vector<std::string>& unread, Dataset& dataset) {
  std::string names;
  for (const std::string& name : unread) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) dataset.notices.push_back("columns that are not read: " + names);
}

}  // namespace

Dataset read_table(std::string_view text, const std::filesystem::path& file,
                   const DataOptions& options) {
  Table table = table_rows(text, file);
  settle_ids(table);
  Dataset dataset;
  dataset.divided_here = !table.has_parts;
  tell_unread(table.unread, dataset);
  std::map<Key, std::string> label_of;
  const std::vector<Key> keys = keys_of(table.rows);
  const std::vector<Key> classes = ordered_classes(table.rows, keys, label_of);
  std::map<Key, int> number_of;
  for (const Key& key : classes) {
    number_of[key] = static_cast<int>(dataset.class_names.size());
    dataset.class_names.push_back(key.first);
  }
  std::vector<std::vector<Item>> undivided(classes.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const TableRow& row = table.rows[i];
    const int label = number_of.at(keys[i]);
    auto& items = table.has_parts ? items_of(part_of(row), dataset) : undivided[label];
    items.push_back({.image = row.path, .label = label});
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    divide(std::move(undivided[i]), label_of.at(classes[i]), options, dataset);
  }
  return dataset;
}

}  // namespace qprompt

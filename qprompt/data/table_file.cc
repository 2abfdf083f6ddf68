#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "qprompt/core/error.h"
#include "qprompt/data/csv.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct Columns {
  std::size_t path = 0;
  std::size_t label = 1;
  std::optional<std::size_t> subset;
  std::optional<std::size_t> fields;  // of every row, where there is no header
};

std::optional<std::size_t> column_called(const CsvRow& row,
                                         std::initializer_list<const char*> names) {
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (std::ranges::find(names, lower_case(trimmed(row.fields[i]))) != names.end()) return i;
  }
  return std::nullopt;
}

std::optional<Columns> header_columns(const CsvRow& row) {
  const auto path = column_called(row, {"path", "image", "file", "filename"});
  const auto label = column_called(row, {"label", "class"});
  if (!path || !label) return std::nullopt;
  return Columns{.path = *path,
                 .label = *label,
                 .subset = column_called(row, {"subset", "split"}),
                 .fields = {}};
}

Columns plain_columns(const CsvRow& row) {
  Columns columns{.subset = {}, .fields = row.fields.size()};
  if (row.fields.size() == 3) columns.subset = 2;
  return columns;
}

struct Entry {
  std::filesystem::path path;
  std::string label;
  std::string subset;  // empty where the table has no such column
  std::string place;   // for messages: file and line
};

Entry entry_of(const CsvRow& row, const Columns& columns, const std::string& name) {
  Entry entry;
  entry.place = name + ":" + std::to_string(row.line) + ": ";
  const std::size_t needed =
      std::max({columns.path, columns.label, columns.subset.value_or(0)}) + 1;
  require(row.fields.size() >= needed &&
              row.fields.size() == columns.fields.value_or(row.fields.size()),
          entry.place, row.fields.size(), " fields, expected path,label[,subset]");
  entry.path = row.fields[columns.path];
  entry.label = trimmed(row.fields[columns.label]);
  if (columns.subset) entry.subset = lower_case(trimmed(row.fields[*columns.subset]));
  require(!entry.path.empty(), entry.place, "an empty path");
  require(!entry.label.empty(), entry.place, "an empty label");
  return entry;
}

std::vector<Entry> entries_of(const std::vector<CsvRow>& rows, const Columns& columns,
                              const std::string& name) {
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (const CsvRow& row : rows) entries.push_back(entry_of(row, columns, name));
  return entries;
}

bool is_number(const std::string& text) {
  return text.size() < 10 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Labels in the order of their names, or of their numbers where all of them are numbers.
std::vector<std::string> ordered_labels(const std::vector<Entry>& entries) {
  std::vector<std::string> labels;
  labels.reserve(entries.size());
  for (const Entry& entry : entries) labels.push_back(entry.label);
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  if (std::ranges::all_of(labels, is_number)) {
    std::ranges::stable_sort(labels, {}, [](const std::string& label) { return std::stol(label); });
  }
  return labels;
}

std::vector<Item>& subset_of(Dataset& dataset, const Entry& entry) {
  if (entry.subset == "train") return dataset.train;
  if (entry.subset == "val" || entry.subset == "valid" || entry.subset == "validation") {
    return dataset.val;
  }
  require(entry.subset == "test", entry.place, "subset '", entry.subset,
          "', expected train, val or test");
  return dataset.test;
}

}  // namespace

Dataset read_csv_table(std::string_view text, const std::filesystem::path& file,
                       std::uint64_t seed) {
  std::vector<CsvRow> rows = parse_csv(text, file.string());
  require(!rows.empty(), file.string(), ": no images: the table is empty");
  const auto header = header_columns(rows.front());
  const Columns columns = header ? *header : plain_columns(rows.front());
  if (header) rows.erase(rows.begin());
  const std::vector<Entry> entries = entries_of(rows, columns, file.string());

  Dataset dataset;
  std::map<std::string, int> label_of;
  const std::vector<std::string> labels = ordered_labels(entries);
  for (const std::string& label : labels) {
    label_of[label] = static_cast<int>(dataset.class_names.size());
    dataset.class_names.push_back(readable_name(label));
  }
  std::vector<std::vector<Item>> undivided(labels.size());
  for (const Entry& entry : entries) {
    const int label = label_of.at(entry.label);
    auto& items = columns.subset ? subset_of(dataset, entry) : undivided[label];
    items.push_back({.image = entry.path, .label = label});
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    divide_by_seed(std::move(undivided[i]), labels[i], seed, dataset);
  }
  return dataset;
}

}  // namespace qprompt

#include <algorithm>
#include <system_error>
#include <unordered_map>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Up to a thousand of the listed paths, evenly spread: most may be missing from a reduced copy.
std::vector<fs::path> some_paths(const Dataset& dataset) {
  std::vector<fs::path> all, some;
  for (const auto* items : {&dataset.test, &dataset.train, &dataset.val}) {
    for (const Item& item : *items) all.push_back(item.image.path());
  }
  const std::size_t step = std::max<std::size_t>(1, all.size() / 1000);
  for (std::size_t i = 0; i < all.size(); i += step) some.push_back(std::move(all[i]));
  return some;
}

// Published lists name images relative to a folder that every data set calls otherwise: `data`
// itself or a folder one or two levels below it.
fs::path image_root(const fs::path& data, const Dataset& dataset) {
  const std::vector<fs::path> paths = some_paths(dataset);
  const auto holds_images = [&](const fs::path& folder) {
    std::error_code ignored;
    return std::ranges::any_of(
        paths, [&](const fs::path& path) { return fs::exists(folder / path, ignored); });
  };
  if (holds_images(data)) return data;
  const std::vector<fs::path> folders = folders_in(data);
  for (const fs::path& folder : folders) {
    if (holds_images(folder)) return folder;
  }
  for (const fs::path& folder : folders) {
    for (const fs::path& inner : folders_in(folder)) {
      if (holds_images(inner)) return inner;
    }
  }
  return data;  // require_files() will say what is missing
}

void place_below(const fs::path& root, Dataset& dataset) {
  for (auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (Item& item : *items) item.image = root / item.image.path();
  }
}

// "split_zhou_EuroSAT.json" -> "EuroSAT"
std::string list_name(const fs::path& file) {
  constexpr std::string_view kPublished = "split_zhou_";
  const std::string name = file.stem().string();
  return name.starts_with(kPublished) ? name.substr(kPublished.size()) : name;
}

// What stands there in place of a list, or nothing that is known.
std::string kind_of(std::string_view content) {
  if (content.starts_with("PK\3\4")) return "a zip archive: unpack it first";
  if (content.starts_with("\x1f\x8b")) return "a gzip archive: unpack it first";
  if (content.starts_with("PAR1")) return "a Parquet file";
  if (content.starts_with("version https://git-lfs")) return "a Git LFS pointer: git lfs pull";
  if (content.starts_with("<!DOCTYPE") || content.starts_with("<html")) return "a web page";
  if (content.find('\0') < 100 && !content.starts_with("\xFF\xFE") &&
      !content.starts_with("\xFE\xFF")) {
    return "a binary file";
  }
  return "";
}

Dataset parsed_list(const fs::path& file, const DataOptions& options) {
  const std::string content = read_text(file);
  const std::string kind = kind_of(content);
  require(kind.empty(), file.string(), ": ", kind,
          "; expected CoOp's split JSON or a table of images");
  const std::string text = decoded_text(content, file);
  return is_split_json(text) ? read_split_json(text, file) : read_table(text, file, options);
}

// Images that a list holds twice are counted twice, and are learned from and tested on.
void tell_repeated(Dataset& dataset) {
  std::unordered_map<std::string, int> label_of;
  std::size_t repeated = 0, of_two_classes = 0;
  std::string first;
  for (const auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (const Item& item : *items) {
      const auto [known, is_new] = label_of.emplace(item.image.path().string(), item.label);
      if (is_new) continue;
      if (repeated++ == 0) first = known->first;
      if (known->second != item.label) ++of_two_classes;
    }
  }
  if (repeated == 0) return;
  std::string line = std::to_string(repeated) + " images are listed again, such as " + first;
  if (of_two_classes > 0)
    line += "; " + std::to_string(of_two_classes) + " of them with another class";
  dataset.notices.push_back(line);
}

}  // namespace

Dataset read_image_list(const fs::path& file, const fs::path& data, const DataOptions& options) {
  require(!options.class_names, options.class_names.value_or("").string(),
          ": names for class folders, but the images come from a list");
  Dataset dataset = parsed_list(file, options);
  require(fs::is_directory(data), data.string(), ": not a folder, expected the images of ",
          file.string());
  place_below(image_root(data, dataset), dataset);
  tell_repeated(dataset);
  dataset.name = list_name(file);
  return dataset;
}

std::optional<fs::path> metadata_in(const fs::path& data) {
  for (const char* name : {"metadata.csv", "metadata.jsonl"}) {
    if (fs::is_regular_file(data / name)) return data / name;
  }
  return std::nullopt;
}

}  // namespace qprompt

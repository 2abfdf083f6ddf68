#include <algorithm>
#include <array>
#include <map>

#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<fs::path> visible_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!is_hidden(entry.path()) && entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);  // listings come in the file system's order
  return folders;
}

using ImagesByClass = std::map<std::string, std::vector<fs::path>>;

// At any depth: some data sets sort the images of a class into folders.
ImagesByClass images_by_class(const fs::path& folder) {
  ImagesByClass images;
  for (const fs::path& class_folder : visible_folders(folder)) {
    if (auto found = images_below(class_folder); !found.empty()) {
      images.emplace(class_folder.filename().string(), std::move(found));
    }
  }
  return images;
}

// The first of the names that is a folder of folders: a class may be called "train", but it holds
// images.
ImagesByClass subset_images(const fs::path& data, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const fs::path folder = data / name;
    if (fs::is_directory(folder) && !visible_folders(folder).empty()) {
      return images_by_class(folder);
    }
  }
  return {};
}

void add_items(std::vector<Item>& items, const ImagesByClass& images, const std::string& name,
               int label) {
  const auto found = images.find(name);
  if (found == images.end()) return;
  for (const fs::path& path : found->second) items.push_back({.image = path, .label = label});
}

Dataset from_subsets(const ImagesByClass& train, const ImagesByClass& val,
                     const ImagesByClass& test) {
  std::map<std::string, int> labels;
  for (const auto* subset : {&train, &val, &test}) {
    for (const auto& [name, images] : *subset) labels.emplace(name, 0);
  }
  Dataset dataset;
  for (auto& [name, label] : labels) {
    label = static_cast<int>(dataset.class_names.size());
    dataset.class_names.push_back(readable_name(name));
    add_items(dataset.train, train, name, label);
    add_items(dataset.val, val, name, label);
    add_items(dataset.test, test, name, label);
  }
  // Some data sets (ImageNet) publish no labels for their test images: the reference tests on val.
  if (dataset.test.empty()) dataset.test = dataset.val;
  return dataset;
}

}  // namespace

Dataset read_class_folders(const fs::path& data, std::uint64_t seed) {
  const ImagesByClass train = subset_images(data, {"train"});
  const ImagesByClass val = subset_images(data, {"val", "valid", "validation"});
  const ImagesByClass test = subset_images(data, {"test"});
  if (!train.empty() || !val.empty() || !test.empty()) return from_subsets(train, val, test);

  Dataset dataset;
  const ImagesByClass images = images_by_class(data);
  for (const auto& [name, paths] : images) {
    const int label = static_cast<int>(dataset.class_names.size());
    dataset.class_names.push_back(readable_name(name));
    std::vector<Item> items;
    add_items(items, images, name, label);
    divide_by_seed(std::move(items), name, seed, dataset);
  }
  return dataset;
}

}  // namespace qprompt

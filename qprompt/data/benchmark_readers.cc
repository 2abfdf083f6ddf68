#include "qprompt/data/benchmark_readers.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// "n01440764 tench", a line of classnames.txt.
struct NamedId {
  std::string id, name;
};

std::vector<NamedId> named_ids(const fs::path& file) {
  constexpr std::size_t kId = 9;  // n and eight digits
  std::vector<NamedId> names;
  int number = 0;
  for (const std::string& line : read_lines(file)) {
    ++number;
    if (trimmed_text(line).empty()) continue;
    const std::string place = file.string() + ":" + std::to_string(number) + ": ";
    require(is_wordnet_id(std::string_view(line).substr(0, kId)) && line.size() > kId &&
                line[kId] == ' ',
            place, "'", line.substr(0, 40), "', expected a WordNet id and a name: n01440764 tench");
    names.push_back({line.substr(0, kId), readable_name(line.substr(kId + 1), place)});
  }
  return names;
}

// Two data sets with different names for one class would be two problems under one label.
void require_names_of_imagenet(const fs::path& own, const fs::path& imagenet) {
  if (!fs::exists(imagenet) || fs::equivalent(own, imagenet)) return;
  std::unordered_map<std::string, std::string> name_of;
  for (NamedId& each : named_ids(imagenet)) name_of.emplace(each.id, std::move(each.name));
  for (const auto& [id, name] : named_ids(own)) {
    const auto other = name_of.find(id);
    require(other == name_of.end() || other->second == name, own.string(), ": calls ", id, " '",
            name, "', but ", imagenet.string(), " '", other == name_of.end() ? "" : other->second,
            "'; expected one name");
  }
}

fs::path checked_names(const Benchmark& benchmark, const DataOptions& options, Dataset& dataset) {
  const fs::path names = names_of_benchmark(benchmark, options);
  if (options.class_names) return names;
  const fs::path folder = *options.data_root / benchmark.folder;
  require_names_of_imagenet(names, *options.data_root / "imagenet" / list_name(benchmark));
  if (names.parent_path() != folder) {
    dataset.notices.push_back(folder.string() + ": without a " + list_name(benchmark) +
                              " of its own, " + names.string() + " is read");
  }
  return names;
}

void append(Dataset& dataset, Dataset more) {
  std::vector<std::string> notices = std::move(dataset.notices);
  notices.insert(notices.end(), more.notices.begin(), more.notices.end());
  dataset = std::move(more);
  dataset.notices = std::move(notices);
}

Dataset wordnet_folders(const Benchmark& benchmark, const DataOptions& options) {
  Dataset dataset;
  const fs::path names = checked_names(benchmark, options, dataset);
  append(dataset, read_class_folders(images_of_benchmark(benchmark, options),
                                     {.whole = true, .class_names = names}));
  return dataset;
}

// The images as they are downloaded lie in val without folders.
void require_sorted_val(const fs::path& val) {
  require(!fs::exists(val) || !folders_in(val).empty(), val.string(),
          ": no folders in it, expected one for each class (n01440764, ...), as ImageNet's "
          "valprep.sh makes them");
}

Dataset imagenet(const Benchmark& benchmark, const DataOptions& options) {
  const fs::path images = images_of_benchmark(benchmark, options);
  require_sorted_val(images / "val");
  require(fs::exists(images / "train") || fs::exists(images / "val"), images.string(),
          ": neither train nor val is in it");
  Dataset dataset;
  for (const NeededFile& file : needed_files(benchmark, options)) {
    if (!file.is_there) dataset.notices.push_back(missing_text(benchmark, file));
  }
  const fs::path names = checked_names(benchmark, options, dataset);
  append(dataset, read_class_folders(images, {.class_names = names}));
  if (!dataset.train.empty()) {
    dataset.notices.emplace_back(
        "few shots are drawn from the sorted list of ImageNet's images; the reference draws them "
        "from an unsorted listing, so its own differ from machine to machine");
  }
  return dataset;
}

// Folder k, counted from 0, is of the k-th id.
Dataset numbered_folders(const Benchmark& benchmark, const DataOptions& options) {
  Dataset dataset;
  const fs::path list = checked_names(benchmark, options, dataset);
  const std::vector<NamedId> names = named_ids(list);
  require(std::ranges::is_sorted(names, {}, &NamedId::id), list.string(),
          ": its WordNet ids are not in ascending order, as the numbers of the folders count them");
  for (const NamedId& each : names) dataset.class_names.push_back(each.name);
  for (const fs::path& folder : folders_in(images_of_benchmark(benchmark, options))) {
    const std::string number = folder.filename().string();
    require(is_number(number) && std::stoul(number) < names.size(), folder.string(),
            ": expected folders 0 .. ", names.size() - 1, ", one for each line of ", list.string());
    FolderContent content = content_below(folder);
    require(content.unreadable.empty(),
            content.unreadable.empty() ? "" : content.unreadable.front());
    for (fs::path& image : content.images) {
      dataset.test.push_back({.image = std::move(image), .label = std::stoi(number)});
    }
    for (const auto& [what, count] : content.ignored) dataset.ignored[what] += count;
  }
  std::ranges::stable_sort(dataset.test, {}, &Item::label);
  return dataset;
}

// "1025794 707-320" a line: an image's number and its variant.
std::vector<Item> variant_items(const fs::path& list, const fs::path& images,
                                const std::unordered_map<std::string, int>& label_of) {
  std::vector<Item> items;
  int number = 0;
  for (const std::string& raw : read_lines(list)) {
    ++number;
    const std::string line = trimmed_text(raw);
    if (line.empty()) continue;
    const std::string place = list.string() + ":" + std::to_string(number) + ": ";
    const std::size_t space = line.find(' ');
    require(space != std::string::npos, place, "'", line, "', expected an image and its variant");
    const std::string variant = readable_name(line.substr(space + 1), place);
    const auto label = label_of.find(variant);
    require(label != label_of.end(), place, "the variant '", variant, "' is not among the ",
            label_of.size(), " of variants.txt");
    items.push_back({.image = images / (line.substr(0, space) + ".jpg"), .label = label->second});
  }
  return items;
}

Dataset variant_lists(const Benchmark& benchmark, const DataOptions& options) {
  require(!options.class_names, options.class_names.value_or("").string(),
          ": names for class folders, but ", benchmark.name, " has none");
  const fs::path folder = *options.data_root / benchmark.folder;
  Dataset dataset;
  dataset.class_names = read_class_names(folder / list_name(benchmark));
  std::unordered_map<std::string, int> label_of;
  for (const std::string& name : dataset.class_names) {
    const bool is_new = label_of.emplace(name, std::ssize(label_of)).second;
    require(is_new, (folder / list_name(benchmark)).string(), ": the variant '", name, "' twice");
  }
  const fs::path images = images_of_benchmark(benchmark, options);
  for (const Part part : {Part::kTrain, Part::kVal, Part::kTest}) {
    items_of(part, dataset) = variant_items(variant_list(folder, part), images, label_of);
  }
  return dataset;
}

Dataset split_file(const Benchmark& benchmark, const DataOptions& options) {
  const fs::path list = *options.data_root / benchmark.folder / list_name(benchmark);
  return read_image_list(options.split.value_or(list), images_of_benchmark(benchmark, options),
                         options);
}

Dataset read(const Benchmark& benchmark, const DataOptions& options) {
  if (options.split) return split_file(benchmark, options);
  switch (benchmark.layout) {
    case BenchmarkLayout::kSplitFile:
      return split_file(benchmark, options);
    case BenchmarkLayout::kVariantLists:
      return variant_lists(benchmark, options);
    case BenchmarkLayout::kImageNet:
      return imagenet(benchmark, options);
    case BenchmarkLayout::kNumberedFolders:
      return numbered_folders(benchmark, options);
    case BenchmarkLayout::kWordNetFolders:
      return wordnet_folders(benchmark, options);
  }
  fail("unknown layout of ", benchmark.name);
}

}  // namespace

fs::path variant_list(const fs::path& folder, Part part) {
  return folder / ("images_variant_" + std::string(name_of(part)) + ".txt");
}

Dataset read_benchmark(const Benchmark& benchmark, const DataOptions& options) {
  for (const NeededFile& file : needed_files(benchmark, options)) {
    require(file.is_there || !file.required, missing_text(benchmark, file));
  }
  Dataset dataset = read(benchmark, options);
  dataset.name = benchmark.name;
  dataset.orientation = Orientation::kAsStored;  // the reference does not look at EXIF
  if (!options.split) dataset.divided_here = false;
  return dataset;
}

}  // namespace qprompt

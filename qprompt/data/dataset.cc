#include "qprompt/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/random.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/benchmark_readers.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

void check(const Dataset& dataset, const std::string& source) {
  require(!dataset.train.empty() || !dataset.val.empty() || !dataset.test.empty(), source,
          ": no images found; expected a folder of images for each class, or a list of images");
  require(dataset.class_names.size() > 1, source, ": one class only ('",
          dataset.class_names.front(), "'), expected at least two");
}

// Classes of which a part that is there has no images: two names of one class, often.
void tell_absent(Dataset& dataset) {
  std::string line;
  for (const Part part : {Part::kTrain, Part::kVal, Part::kTest}) {
    const std::vector<Item>& items = items_of(part, dataset);
    if (items.empty()) continue;
    std::set<int> present;
    for (const Item& item : items) present.insert(item.label);
    std::string first;
    int absent = 0;
    for (int label = 0; label < std::ssize(dataset.class_names); ++label) {
      if (!present.contains(label) && absent++ == 0) first = dataset.class_names[label];
    }
    if (absent == 0 || (dataset.divided_here && part != Part::kTest)) continue;
    line += (line.empty() ? "" : "; ") + std::to_string(absent) + " classes without " +
            name_of(part) + " images, such as '" + first + "'";
  }
  if (!line.empty()) dataset.notices.push_back(line);
}

// A word that is neither a path nor a name was perhaps meant as a name.
std::string hint_of(const fs::path& data) {
  const std::string name = nearest_benchmark(data.string());
  if (name.empty() || data.has_parent_path()) return "";
  return ", and no data set that is known by name (did you mean " + name + "?)";
}

Dataset read_path(const fs::path& data, const DataOptions& options) {
  if (options.split) return read_image_list(*options.split, data, options);
  require(fs::exists(data), data.string(), ": no such folder or list of images", hint_of(data));
  if (!fs::is_directory(data))
    return read_image_list(data, fs::absolute(data).parent_path(), options);
  const std::optional<fs::path> table = metadata_in(data);
  // One folder is no choice of classes: the table is of the images in it.
  if (table && folders_in(data).size() < 2) return read_image_list(*table, data, options);
  Dataset dataset = read_class_folders(data, options);
  if (table) {
    dataset.notices.push_back(table->string() +
                              ": not read, the folders are the classes; --split " +
                              table->string() + " reads it");
  }
  const fs::path whole = fs::absolute(data / "").lexically_normal();  // ends with a separator
  dataset.name = whole.parent_path().filename().string();
  return dataset;
}

Dataset read_named(const Benchmark& benchmark, const fs::path& data, const DataOptions& options) {
  Dataset dataset = read_benchmark(benchmark, options);
  const fs::path folder = place_of_data(data, options);
  if (fs::exists(data) && !fs::equivalent(data, folder)) {
    dataset.notices.push_back(folder.string() + " is read, not ./" + data.string() +
                              ", which --data ./" + data.string() + " reads");
  }
  return dataset;
}

void require_fractions(const Fractions& fractions) {
  const auto& [train, val, test] = fractions;
  require(train > 0 && val >= 0 && test >= 0 && std::abs(train + val + test - 1) < 1e-9,
          "fractions ", train, ", ", val, ", ", test,
          " of train, val and test, expected some for train and a sum of 1");
}

void orient(Dataset& dataset, std::optional<Orientation> wanted) {
  dataset.orientation = wanted.value_or(dataset.orientation);
  for (auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (Item& item : *items) item.image = item.image.with(dataset.orientation);
  }
}

void append(std::vector<std::string>& lines, const std::vector<std::string>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

// Python's round(): halves go to the even neighbour.
std::size_t share(std::size_t n, double part) {
  return static_cast<std::size_t>(std::nearbyint(static_cast<double>(n) * part));
}

}  // namespace

Dataset dataset_of(std::vector<Item> items, std::vector<std::string> class_names, double validation,
                   std::uint64_t seed) {
  return at_border([&] {
    require(validation >= 0 && validation < 1, "a share ", validation,
            " of the images to choose by, expected 0 to below 1");
    require(class_names.size() >= 2, class_names.size(), " classes, expected at least 2");
    std::vector<std::vector<Item>> of_classes(class_names.size());
    for (Item& item : items) {
      require(item.label >= 0 && item.label < std::ssize(class_names), item.image.name(),
              ": label ", item.label, ", expected 0 to ", class_names.size() - 1);
      of_classes[static_cast<std::size_t>(item.label)].push_back(std::move(item));
    }
    const DataOptions options{.seed = seed, .fractions = {1 - validation, validation, 0}};
    Dataset dataset{.class_names = std::move(class_names), .divided_here = true};
    for (std::size_t c = 0; c < of_classes.size(); ++c) {
      const std::string& name = dataset.class_names[c];
      require(!of_classes[c].empty(), "class ", name, " has no images, expected at least one");
      divide(std::move(of_classes[c]), name, options, dataset);
    }
    return dataset;
  });
}

Dataset load_dataset(const fs::path& data, const DataOptions& options) {
  return at_border([&]() -> Dataset {
    const std::string source = options.split.value_or(data).string();
    try {
      require_fractions(options.fractions);
      const Benchmark* benchmark = named_benchmark(data, options);
      Dataset dataset =
          benchmark ? read_named(*benchmark, data, options) : read_path(data, options);
      check(dataset, source);
      orient(dataset, options.orientation);
      tell_absent(dataset);
      append(dataset.notices, doubts_about_names(dataset.class_names));
      // Some data sets (ImageNet) publish no labels for their test images: the reference tests on
      // val.
      if (dataset.test.empty() && !dataset.divided_here) dataset.test = dataset.val;
      if (benchmark && !options.split) {
        append(dataset.notices, differences_from_published(*benchmark, dataset));
      }
      return dataset;
    } catch (const fs::filesystem_error& error) {
      fail(error.path1().string(), ": cannot read: ", error.code().message());
    }
  });
}

namespace {

bool tests_val(const Dataset& dataset) {
  return !dataset.val.empty() && dataset.test == dataset.val;
}

}  // namespace

PartSizes sizes_of(const Dataset& dataset) {
  return {std::ssize(dataset.train), std::ssize(dataset.val), std::ssize(dataset.test)};
}

std::size_t images_of(const Dataset& dataset) {
  return dataset.train.size() + dataset.val.size() + (tests_val(dataset) ? 0 : dataset.test.size());
}

std::string summary(const Dataset& dataset) {
  return at_border([&] {
    std::string text = std::to_string(dataset.class_names.size()) + " classes, " +
                       std::to_string(images_of(dataset)) +
                       " images: " + std::to_string(dataset.train.size()) + " train, " +
                       std::to_string(dataset.val.size()) + " val" +
                       (tests_val(dataset) ? ", tested on val"
                                           : ", " + std::to_string(dataset.test.size()) + " test");
    if (!dataset.ignored.empty()) text += "; ignored: " + counts_text(dataset.ignored);
    return text;
  });
}

void require_files(std::span<const Item> items) {
  at_border([&] {
    const auto is_missing = [](const Item& item) {
      std::error_code ignored;
      return !item.image.path().empty() && !fs::is_regular_file(item.image.path(), ignored);
    };
    const auto first = std::ranges::find_if(items, is_missing);
    if (first == items.end()) return;
    const auto more = std::count_if(first + 1, items.end(), is_missing);
    fail(first->image.name(), ": missing image, and ", more, " more of the ", items.size(),
         " that are needed; is --data the folder that the list was made for?");
  });
}

void divide(std::vector<Item> items, const std::string& class_key, const DataOptions& options,
            Dataset& dataset) {
  if (items.empty()) return;
  // Images in memory have no path: they keep their order.
  std::ranges::stable_sort(items, {}, [](const Item& item) { return item.image.path(); });
  if (options.whole) {
    dataset.test.insert(dataset.test.end(), items.begin(), items.end());
    return;
  }
  const auto& [train, val, test] = options.fractions;
  const std::size_t n_train = std::max<std::size_t>(1, share(items.size(), train));
  const std::size_t rest = items.size() - n_train;
  std::size_t n_val = std::min(rest, share(items.size(), val));
  if (test == 0) n_val = rest;
  if (items.size() < 4 && test > 0) n_val = 0;  // a test image first
  Random random(options.seed, hash64(class_key));
  const std::vector<Index> order = random.permutation(static_cast<Index>(items.size()));
  std::vector<Part> parts(items.size(), Part::kTest);
  for (std::size_t i = 0; i < n_train + n_val; ++i) {
    parts[order[i]] = i < n_train ? Part::kTrain : Part::kVal;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    items_of(parts[i], dataset).push_back(std::move(items[i]));
  }
}

std::vector<Item>& items_of(Part part, Dataset& dataset) {
  if (part == Part::kTrain) return dataset.train;
  return part == Part::kVal ? dataset.val : dataset.test;
}

const std::vector<Item>& items_of(Part part, const Dataset& dataset) {
  if (part == Part::kTrain) return dataset.train;
  return part == Part::kVal ? dataset.val : dataset.test;
}

}  // namespace qprompt

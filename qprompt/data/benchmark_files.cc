#include <algorithm>
#include <system_error>

#include "qprompt/core/error.h"
#include "qprompt/data/benchmark_readers.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Where data sets are published; links of the guide are often dead.
constexpr std::string_view kGuide = "https://github.com/KaiyangZhou/CoOp/blob/main/DATASETS.md";
constexpr std::string_view kMirror =
    "https://huggingface.co/datasets/zhengli97/prompt_learning_dataset";
constexpr std::string_view kSplits = "https://github.com/linzhiqiu/cross_modal_adaptation";

NeededFile needed(const fs::path& path, const std::string& what, bool required = true) {
  std::error_code ignored;
  return {.path = path, .what = what, .is_there = fs::exists(path, ignored), .required = required};
}

std::string kind_of_list(const Benchmark& benchmark) {
  return benchmark.layout == BenchmarkLayout::kSplitFile ? "published split" : "list of classes";
}

std::string sizes_text(const PartSizes& sizes) {
  return std::to_string(sizes.train) + " train, " + std::to_string(sizes.val) + " val, " +
         std::to_string(sizes.test) + " test";
}

}  // namespace

const Benchmark* named_benchmark(const fs::path& data, const DataOptions& options) {
  const Benchmark* benchmark = find_benchmark(data.string());
  if (benchmark == nullptr) return nullptr;
  std::error_code ignored;
  if (options.data_root) {
    require(fs::is_directory(*options.data_root, ignored), options.data_root->string(),
            ": no such folder, expected the data root that ", benchmark->folder, " lies in");
    return benchmark;
  }
  if (fs::exists(data, ignored)) return nullptr;
  fail(data.string(), ": no such folder; for the data set ", benchmark->name,
       " --data-root (or QPROMPT_DATA_ROOT) names the folder that ", benchmark->folder, " lies in");
}

fs::path place_of_data(const fs::path& data, const DataOptions& options) {
  const Benchmark* benchmark = named_benchmark(data, options);
  return benchmark == nullptr ? data : *options.data_root / benchmark->folder;
}

std::string list_name(const Benchmark& benchmark) {
  if (benchmark.layout == BenchmarkLayout::kVariantLists) return "variants.txt";
  if (benchmark.layout != BenchmarkLayout::kSplitFile) return "classnames.txt";
  return "split_zhou_" + std::string(benchmark.name) + ".json";
}

fs::path images_of_benchmark(const Benchmark& benchmark, const DataOptions& options) {
  const fs::path folder = *options.data_root / benchmark.folder;
  return benchmark.images.empty() ? folder : folder / benchmark.images;
}

fs::path names_of_benchmark(const Benchmark& benchmark, const DataOptions& options) {
  if (options.class_names) return *options.class_names;
  const fs::path own = *options.data_root / benchmark.folder / list_name(benchmark);
  const fs::path imagenet = *options.data_root / "imagenet" / list_name(benchmark);
  return !fs::exists(own) && fs::exists(imagenet) ? imagenet : own;
}

std::vector<NeededFile> needed_files(const Benchmark& benchmark, const DataOptions& options) {
  const fs::path folder = *options.data_root / benchmark.folder;
  const fs::path images = images_of_benchmark(benchmark, options);
  std::vector<NeededFile> files{needed(images, "images")};
  if (options.split) return files;
  switch (benchmark.layout) {
    case BenchmarkLayout::kSplitFile:
      files.push_back(needed(folder / list_name(benchmark), kind_of_list(benchmark)));
      break;
    case BenchmarkLayout::kVariantLists:
      files.push_back(needed(folder / list_name(benchmark), kind_of_list(benchmark)));
      for (const Part part : {Part::kTrain, Part::kVal, Part::kTest}) {
        files.push_back(needed(variant_list(folder, part), std::string(name_of(part)) + " list"));
      }
      break;
    case BenchmarkLayout::kImageNet:
      if (files.front().is_there) {
        files.push_back(needed(images / "train", "training images", false));
        files.push_back(needed(images / "val", "validation images", false));
      }
      [[fallthrough]];
    case BenchmarkLayout::kNumberedFolders:
    case BenchmarkLayout::kWordNetFolders:
      files.push_back(needed(names_of_benchmark(benchmark, options), kind_of_list(benchmark)));
  }
  return files;
}

std::string missing_text(const Benchmark& benchmark, const NeededFile& file) {
  const std::string name(benchmark.name);
  std::string text = file.path.string() + ": missing; the " + file.what + " of " + name +
                     " belong" + (file.what.ends_with("images") ? "" : "s") + " there (" +
                     std::string(kGuide);
  if (benchmark.layout != BenchmarkLayout::kImageNet) text += "; mirrors: " + std::string(kMirror);
  const bool is_split =
      file.what == kind_of_list(benchmark) && benchmark.layout == BenchmarkLayout::kSplitFile;
  if (!is_split) return text + ")";
  if (benchmark.split_has_other_home) text += ", " + std::string(kSplits);
  return text +
         "); --split reads it from elsewhere. A folder of class folders is also read by its path, "
         "as one's own data that are divided here: its numbers are not comparable";
}

std::vector<std::string> differences_from_published(const Benchmark& benchmark,
                                                    const Dataset& dataset) {
  const std::string name(benchmark.name);
  std::vector<std::string> lines;
  if (std::ssize(dataset.class_names) != benchmark.classes) {
    lines.push_back(name + ": " + std::to_string(dataset.class_names.size()) +
                    " classes, published are " + std::to_string(benchmark.classes));
  }
  if (const PartSizes sizes = sizes_of(dataset); sizes != benchmark.sizes) {
    lines.push_back(name + ": " + sizes_text(sizes) + " images, published are " +
                    sizes_text(benchmark.sizes));
  }
  if (dataset.class_names.front() != benchmark.first_class) {
    lines.push_back(name + ": label 0 is '" + dataset.class_names.front() + "', published '" +
                    std::string(benchmark.first_class) +
                    "': in another order of labels other classes are base and new");
  }
  return lines;
}

}  // namespace qprompt

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"

namespace qprompt {

// Where a data set says which image is of which class and part.
enum class BenchmarkLayout {
  kSplitFile,        // in CoOp's split JSON
  kVariantLists,     // in FGVC-Aircraft's text files
  kImageNet,         // images/{train,val}/<WordNet id>
  kNumberedFolders,  // folder k is line k of classnames.txt, all images are tested
  kWordNetFolders,   // <WordNet id>, sorted, all images are tested
};

// A data set of the field's tables, as it lies on the disks of CoOp's users (CoOp's DATASETS.md).
struct Benchmark {
  std::string_view name;  // as CoOp registers it
  BenchmarkLayout layout;
  std::string_view folder;       // below the data root
  std::string_view images;       // below `folder`, or itself
  std::string_view first_class;  // the name of label 0: other label orders have other base classes
  std::string_view sentence;     // CoOp's zero-shot template (Zhou et al., IJCV 2022)
  int classes;
  PartSizes sizes;                    // published
  bool split_has_other_home = false;  // linzhiqiu/cross_modal_adaptation has it, too
  std::string_view alias{};           // beside the names of itself and its folder
};

QPROMPT_API std::span<const Benchmark> benchmarks();

// By its name, its alias or its folder, whatever the case, `_` and `-`; null for any other.
QPROMPT_API const Benchmark* find_benchmark(std::string_view name);

// The data set that `data` names, or null where it is a path: with a data root every known name is
// that data set's, without one a path that is there comes first. Throws Error for a known name
// without a data root that is there.
QPROMPT_API const Benchmark* named_benchmark(const std::filesystem::path& data,
                                             const DataOptions& options);
// The folder of the data set that `data` names, else `data` itself.
QPROMPT_API std::filesystem::path place_of_data(const std::filesystem::path& data,
                                                const DataOptions& options);

// The split JSON, or the file that names the classes: in the data set's folder.
QPROMPT_API std::string list_name(const Benchmark& benchmark);

// What a data set consists of, and whether it is there.
struct NeededFile {
  std::filesystem::path path;
  std::string what;  // "its images", "its published split"
  bool is_there;
  bool required = true;  // false: a part that may be missing
};
QPROMPT_API std::vector<NeededFile> needed_files(const Benchmark& benchmark,
                                                 const DataOptions& options);
// One line: the path, what belongs there, and where it is published.
QPROMPT_API std::string missing_text(const Benchmark& benchmark, const NeededFile& file);

}  // namespace qprompt

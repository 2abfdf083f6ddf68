#pragma once

// Inside data/ only: a known data set from its place below the data root.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/data/benchmark.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {

// Throws Error for the first needed file that is missing, saying what belongs there.
Dataset read_benchmark(const Benchmark& benchmark, const DataOptions& options);

std::filesystem::path images_of_benchmark(const Benchmark& benchmark, const DataOptions& options);

// classnames.txt of ImageNet and its variants: the data set's own, else ImageNet's.
std::filesystem::path names_of_benchmark(const Benchmark& benchmark, const DataOptions& options);

// The name of the known data set that was probably meant, or "".
std::string nearest_benchmark(std::string_view name);

// Numbers and label order in which the data set differs from the published one, a line each.
std::vector<std::string> differences_from_published(const Benchmark& benchmark,
                                                    const Dataset& dataset);

// images_variant_train.txt ...
std::filesystem::path variant_list(const std::filesystem::path& folder, Part part);

}  // namespace qprompt

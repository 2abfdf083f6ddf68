#pragma once

// Inside data/ only: a known data set from its place below the data root.

#include <filesystem>

#include "qprompt/data/benchmark.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {

// Throws Error for the first needed file that is missing, saying what belongs there.
Dataset read_benchmark(const Benchmark& benchmark, const DataOptions& options);

std::filesystem::path images_of_benchmark(const Benchmark& benchmark, const DataOptions& options);

// classnames.txt of ImageNet and its variants: the data set's own, else ImageNet's.
std::filesystem::path names_of_benchmark(const Benchmark& benchmark, const DataOptions& options);

// images_variant_train.txt ...
std::filesystem::path variant_list(const std::filesystem::path& folder, Part part);

}  // namespace qprompt

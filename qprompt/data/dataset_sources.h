#pragma once

// Inside data/ only: the layouts of data that load_dataset() tells apart.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/data/dataset.h"

namespace qprompt {

Dataset read_class_folders(const std::filesystem::path& data, std::uint64_t seed);

// `text` is the content of `file`, which the messages name. Paths stay as they are written there.
Dataset read_split_json(std::string_view text, const std::filesystem::path& file);
Dataset read_csv_table(std::string_view text, const std::filesystem::path& file,
                       std::uint64_t seed);

// Divides the images of one class 50/20/30 into train, val and test, whatever their order. The
// division depends on the seed, the class's name and its images, not on other classes.
void divide_by_seed(std::vector<Item> items, const std::string& class_name, std::uint64_t seed,
                    Dataset& dataset);

// CoOp's convention: `_` in a folder's or table's name stands for a space.
std::string readable_name(std::string_view name);

}  // namespace qprompt

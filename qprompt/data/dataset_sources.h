#pragma once

// Inside data/ only: the layouts of data that load_dataset() tells apart.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/data/dataset.h"

namespace qprompt {

Dataset read_class_folders(const std::filesystem::path& data, const DataOptions& options);

// A split JSON or a table, whose images lie in `data` or a folder up to two levels below it.
Dataset read_image_list(const std::filesystem::path& file, const std::filesystem::path& data,
                        const DataOptions& options);
// A table that Hugging Face's image folders have beside their images.
std::optional<std::filesystem::path> metadata_in(const std::filesystem::path& data);

// `text` is the content of `file`, which the messages name. Paths stay as they are written there.
bool is_split_json(std::string_view text);  // and not JSON lines
Dataset read_split_json(std::string_view text, const std::filesystem::path& file);
Dataset read_table(std::string_view text, const std::filesystem::path& file,
                   const DataOptions& options);

// Divides the images of one class into train, val and test by the options' fractions, whatever
// their order; or all into test, where the options say so. The division depends on the seed,
// `class_key` and the images, not on other classes.
void divide(std::vector<Item> items, const std::string& class_key, const DataOptions& options,
            Dataset& dataset);

// Digits alone, of which an int holds all.
bool is_number(std::string_view text);
// "n01440764"
bool is_wordnet_id(std::string_view text);

// A part of a data set by any of its usual names, in any case: "Training", "seg_test", "valid".
enum class Part { kTrain, kVal, kTest };
std::optional<Part> part_called(std::string_view name);
const char* name_of(Part part);
std::vector<Item>& items_of(Part part, Dataset& dataset);
const std::vector<Item>& items_of(Part part, const Dataset& dataset);

// Names of class folders, in the order of `folders`, from a file (DataOptions::class_names). One
// name a line is in that order, too, or in that of numbers where all folders are. Throws Error
// naming a folder without a name or with two.
std::vector<std::string> names_of_folders(const std::filesystem::path& file,
                                          const std::vector<std::string>& folders);

}  // namespace qprompt

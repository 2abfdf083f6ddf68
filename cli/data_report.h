#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "qprompt/data/benchmark.h"
#include "qprompt/data/dataset_check.h"

// What `qprompt data` shows.
namespace qprompt::cli {

// A line for each known data set: name, classes, published images, and where it is or belongs.
std::string list_text(const DataOptions& options);
nlohmann::ordered_json list_json(const DataOptions& options);

// Counts for each part and class, and a line for each thing that is wrong.
std::string check_text(const DatasetCheck& check);
nlohmann::ordered_json check_as_json(const DatasetCheck& check);

// "3 missing files, 12 of 100 images missing, 1 unreadable"
std::string verdict(const DatasetCheck& check);

}  // namespace qprompt::cli

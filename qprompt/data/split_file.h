#pragma once

#include <filesystem>
#include <string>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"

namespace qprompt {

// The data set as CoOp's split JSON: {"train": [[path, label, class name], ...], "val", "test"},
// paths relative to `root`. Images that are read upright add "exif": true, so that load_dataset()
// gives the same data set again. Throws Error for an image outside of `root`.
QPROMPT_API std::string split_text(const Dataset& dataset, const std::filesystem::path& root);

}  // namespace qprompt

#pragma once

// Inside data/ only: which folders of a data set are classes, and of which part.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/data/dataset_sources.h"

namespace qprompt {

struct ClassFolder {
  std::filesystem::path path;
  std::string name;          // of the class, as its folder is called
  std::optional<Part> part;  // nothing where the data are not divided
};

struct FolderLayout {
  std::vector<ClassFolder> classes{};  // part by part, sorted
  bool divided = false;
  std::filesystem::path names{};  // classnames.txt, as CoOp's ImageNet has it; empty without one
  std::vector<std::string> notices{};  // folders that are not read
};

// DATA/CLASS/..., DATA/train/CLASS/..., DATA/CLASS/train/..., or the second below DATA/images.
// Throws Error that shows what was found for any other.
FolderLayout layout_of(const std::filesystem::path& data);

}  // namespace qprompt

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/core/export.h"
#include "qprompt/data/image_source.h"

namespace qprompt {

struct Item {
  ImageSource image;
  int label = 0;  // position in the data set's class_names

  bool operator==(const Item&) const = default;
};

struct Dataset {
  std::string name{};
  std::vector<std::string> class_names{};  // UTF-8, `_` read as a space
  std::vector<Item> train{}, val{}, test{};
};

// Reads the list of images, not the images; docs/data.md describes the layouts.
//  * no split, `data` a folder: its sub-folders are the classes, or train/val/test with classes
//    inside. Without such sub-folders every class is divided 50/20/30 by `seed`.
//  * a split (or `data` itself a file): CoOp's JSON, or a CSV `path,label[,subset]`, with `data`
//  (or
//    the file's folder) as image root; the sub-folder of `data` to which the paths belong is found.
// Throws Error for no images, fewer than two classes, labels that are not 0 .. n-1, unclear names.
QPROMPT_API Dataset load_dataset(const std::filesystem::path& data,
                                 const std::optional<std::filesystem::path>& split,
                                 std::uint64_t seed);

// Listed files may be missing until they are needed: names the first that is and counts the rest.
// Images in memory are there.
QPROMPT_API void require_files(std::span<const Item> items);

}  // namespace qprompt

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
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
  std::vector<std::string> class_names{};  // UTF-8, `_` read as a space; two classes may share one
  std::vector<Item> train{}, val{}, test{};

  Orientation orientation = Orientation::kUpright;  // how its images are read
  bool divided_here = false;             // by the seed: the images came without a division
  std::map<std::string, int> ignored{};  // files that are no images, by extension
  std::vector<std::string> notices{};    // what is doubtful, one line each
};

// Shares of every class of what is not divided; their sum is 1.
struct Fractions {
  double train = 0.5, val = 0.2, test = 0.3;
};

struct DataOptions {
  // The folder of the data sets that are known by name (benchmark.h), where each has its own.
  std::optional<std::filesystem::path> data_root{};
  std::optional<std::filesystem::path> split{};  // a list of images
  std::uint64_t seed = 1;                        // of the division of what is not divided
  Fractions fractions{};
  // What is not divided is all to be tested.
  bool whole = false;
  // The names of class folders: "FOLDER NAME" a line, a JSON object {"FOLDER": "NAME"}, or one name
  // a line in the order of the folders.
  std::optional<std::filesystem::path> class_names{};
  // Whether the camera's orientation is applied. Not told: to people's own folders and tables, not
  // to published data sets (split JSON, ImageNet's folders), whose reference does not look at it.
  std::optional<Orientation> orientation{};
};

// Reads the list of images, not the images; docs/data.md describes the layouts.
//  * no split, `data` a folder: its sub-folders are the classes, or the parts train, val and test
//  (by
//    their usual names) with classes inside. Without parts every class is divided 50/20/30.
//  * a split (or `data` itself a file): CoOp's JSON, or a table with a path, a label and perhaps a
//    part (CSV, JSON lines), with `data` (or the file's folder) as image root; the sub-folder of
//    `data` to which the paths belong is found.
//  * the name of a known data set ("caltech101"), which lies below the data root as CoOp's users
//    have it. A split then stands for the published one.
// Throws Error for a layout that is not understood, no images, a class without any that can be
// read, fewer than two classes, labels that are not 0 .. n-1.
QPROMPT_API Dataset load_dataset(const std::filesystem::path& data,
                                 const DataOptions& options = {});

// Images at hand, each with its label, as a data set without test images. Of every class the share
// `validation` (0 to below 1), which the seed draws, is held out to choose by; one image at least
// is left to learn from. Throws Error for fewer than two classes, a class without images, a label
// that is no position in `class_names`.
QPROMPT_API Dataset dataset_of(std::vector<Item> items, std::vector<std::string> class_names,
                               double validation = 0.2, std::uint64_t seed = 1);

// "3 classes, 24 images: 12 train, 5 val, 7 test; ignored: 8 .heic"
QPROMPT_API std::string summary(const Dataset& dataset);

// Images of each part.
struct PartSizes {
  std::int64_t train = 0, val = 0, test = 0;

  bool operator==(const PartSizes&) const = default;
};
QPROMPT_API PartSizes sizes_of(const Dataset& dataset);

// All images, those that two parts share once.
QPROMPT_API std::size_t images_of(const Dataset& dataset);

// Listed files may be missing until they are needed: names the first that is and counts the rest.
// Images in memory are there.
QPROMPT_API void require_files(std::span<const Item> items);

}  // namespace qprompt

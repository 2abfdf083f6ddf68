#include "qprompt/data/folder_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& folder) { return folder.filename().string(); }

// "'Forest', 'Highway', ..."
std::string quoted(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  }
  return names.size() > kShown ? text + ", ..." : text;
}

std::vector<std::string> names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  names.reserve(folders.size());
  for (const fs::path& folder : folders) names.push_back(name_of(folder));
  return names;
}

// Some archives repeat a part's name inside it: seg_train/seg_train/CLASS.
fs::path unwrapped(const fs::path& part) {
  const std::vector<fs::path> inner = folders_in(part);
  const bool repeated =
      inner.size() == 1 && part_called(name_of(inner[0])) == part_called(name_of(part));
  return repeated && !folders_in(inner[0]).empty() ? inner[0] : part;
}

using Parts = std::map<Part, fs::path>;

// A class may be called "train", but it holds images: a part holds folders.
Parts parts_in(const fs::path& data) {
  Parts parts;
  for (const fs::path& folder : folders_in(data)) {
    const auto part = part_called(name_of(folder));
    if (!part || folders_in(folder).empty()) continue;
    const auto [other, is_new] = parts.emplace(*part, unwrapped(folder));
    require(is_new, data.string(), ": both '", name_of(other->second), "' and '", name_of(folder),
            "' are its ", qprompt::name_of(*part), " part");
  }
  return parts;
}

void add_classes(const fs::path& folder, std::optional<Part> part, FolderLayout& layout) {
  for (const fs::path& path : folders_in(folder)) {
    layout.classes.push_back({path, name_of(path), part});
  }
}

FolderLayout divided_layout(const fs::path& data, const Parts& parts) {
  FolderLayout layout{.divided = true};
  std::set<fs::path> read;
  for (const auto& [part, folder] : parts) {
    add_classes(folder, part, layout);
    read.insert(data / *folder.lexically_relative(data).begin());
  }
  for (const fs::path& folder : folders_in(data)) {
    if (read.contains(folder)) continue;
    layout.notices.push_back(folder.string() +
                             ": not read, it is none of the parts train, val and test" +
                             (part_called(name_of(folder)) ? " with a folder for each class" : ""));
  }
  return layout;
}

struct Inner {
  bool everywhere = true;             // every class folder has folders inside
  bool parts_only = true;             // all of which are called as parts are
  std::vector<std::string> repeated;  // names that two class folders share
};

Inner inside(const std::vector<fs::path>& folders) {
  Inner inner;
  std::map<std::string, int> count;
  for (const fs::path& folder : folders) {
    const std::vector<std::string> names = names_of(folders_in(folder));
    inner.everywhere = inner.everywhere && (!names.empty() || fs::is_empty(folder));
    for (const std::string& name : names) {
      ++count[name];
      inner.parts_only = inner.parts_only && part_called(name).has_value();
    }
  }
  for (const auto& [name, n] : count) {
    if (n > 1) inner.repeated.push_back(name);
  }
  return inner;
}

// CLASS/train/..., the other way round.
FolderLayout classes_of_parts(const std::vector<fs::path>& folders) {
  FolderLayout layout{.divided = true};
  for (const fs::path& folder : folders) {
    if (fs::is_empty(folder)) layout.notices.push_back(folder.string() + ": empty, no class");
  }
  for (const Part part : {Part::kTrain, Part::kVal, Part::kTest}) {
    for (const fs::path& folder : folders) {
      for (const fs::path& path : folders_in(folder)) {
        if (part_called(name_of(path)) == part) {
          layout.classes.push_back({path, name_of(folder), part});
        }
      }
    }
  }
  return layout;
}

constexpr const char* kExpectedFolders =
    "expected a folder of images for each class, or train/, val/ and test/ with these inside";

// Pictures and what belongs to each of them, not classes.
void refuse_annotations(const fs::path& data, const std::vector<fs::path>& folders) {
  constexpr std::array kNames{"images",      "imgs",       "masks",       "labels",
                              "annotations", "jpegimages", "segmentation"};
  const auto is_one = [&](const fs::path& folder) {
    const std::string name = lower_ascii(name_of(folder));
    return std::ranges::find(kNames, name) != kNames.end();
  };
  require(folders.size() < 2 || !std::ranges::all_of(folders, is_one), data.string(),
          ": the folders ", quoted(names_of(folders)), " are no classes; ", kExpectedFolders);
}

std::ptrdiff_t images_in(const fs::path& folder) {
  std::error_code ignored;
  return std::ranges::count_if(fs::directory_iterator(folder, ignored),
                               [](const auto& entry) { return has_image_extension(entry.path()); });
}

void refuse_parts_without_classes(const fs::path& data, const std::vector<fs::path>& folders) {
  const auto is_part = [](const fs::path& folder) {
    return part_called(name_of(folder)).has_value();
  };
  require(folders.size() < 2 || !std::ranges::all_of(folders, is_part), data.string(),
          ": the folders ", quoted(names_of(folders)), " hold images and no class folders; ",
          kExpectedFolders, ", or a table that gives the images their classes");
}

void refuse_other_layouts(const fs::path& data, const std::vector<fs::path>& folders) {
  refuse_annotations(data, folders);
  refuse_parts_without_classes(data, folders);
  const std::ptrdiff_t loose = images_in(data);
  require(!folders.empty() || loose == 0, data.string(), ": ", loose,
          " images lie directly in it; ", kExpectedFolders);
  require(!folders.empty(), data.string(), ": no images found; ", kExpectedFolders);
  if (folders.size() == 1 && loose == 0) {
    const std::vector<fs::path> inner = folders_in(folders[0]);
    require(inner.size() < 2, data.string(), ": one folder only ('", name_of(folders[0]),
            "'), which holds ", inner.size(), " (", quoted(names_of(inner)), "): give ",
            folders[0].string(), " for the data?");
  }
  const Inner inner = inside(folders);
  require(!inner.everywhere || inner.repeated.empty(), data.string(), ": its folders ",
          quoted(names_of(folders)), " hold folders of the same names (", quoted(inner.repeated),
          "), so they are no classes; ", kExpectedFolders);
}

FolderLayout undivided_layout(const fs::path& data) {
  const std::vector<fs::path> folders = folders_in(data);
  const Inner inner = inside(folders);
  if (folders.size() > 1 && inner.everywhere && inner.parts_only) return classes_of_parts(folders);
  refuse_other_layouts(data, folders);
  FolderLayout layout;
  add_classes(data, std::nullopt, layout);
  if (const auto loose = images_in(data); loose > 0) {
    layout.notices.push_back(data.string() + ": " + std::to_string(loose) +
                             " images that lie in no class folder are not read");
  }
  return layout;
}

// CoOp's ImageNet: IMAGENET/images/{train,val} with IMAGENET/classnames.txt.
fs::path root_of(const fs::path& data) {
  const fs::path images = data / "images";
  const bool wrapped = parts_in(data).empty() && fs::is_directory(images) &&
                       folders_in(data).size() == 1 && !parts_in(images).empty();
  return wrapped ? images : data;
}

fs::path names_beside(const fs::path& data) {
  const fs::path whole = fs::absolute(data / "").lexically_normal().parent_path();
  for (const fs::path& folder : {whole, whole.parent_path()}) {
    const bool is_near = folder == whole || whole.filename() == "images";
    if (is_near && fs::is_regular_file(folder / "classnames.txt")) return folder / "classnames.txt";
  }
  return {};
}

}  // namespace

std::optional<Part> part_called(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  std::string_view word = letters;
  for (const std::string_view around : {"seg", "set", "data", "split", "images"}) {
    if (word.starts_with(around)) word.remove_prefix(around.size());
    if (word.ends_with(around)) word.remove_suffix(around.size());
  }
  using Names = std::set<std::string_view>;
  static const Names kTrain{"train", "training", "trn"};
  static const Names kVal{"val", "valid", "validation", "validate", "dev", "development"};
  static const Names kTest{"test", "testing", "tst", "eval", "evaluation"};
  if (kTrain.contains(word)) return Part::kTrain;
  if (kVal.contains(word)) return Part::kVal;
  if (kTest.contains(word)) return Part::kTest;
  return std::nullopt;
}

const char* name_of(Part part) {
  constexpr std::array kNames{"train", "val", "test"};
  return kNames[static_cast<std::size_t>(part)];
}

FolderLayout layout_of(const fs::path& data) {
  const fs::path root = root_of(data);
  const Parts parts = parts_in(root);
  FolderLayout layout = parts.empty() ? undivided_layout(root) : divided_layout(root, parts);
  layout.names = names_beside(root);
  return layout;
}

}  // namespace qprompt

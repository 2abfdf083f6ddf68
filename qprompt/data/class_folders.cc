#include <algorithm>
#include <map>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/folder_layout.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// One class: the first of its folders' names, and its images.
struct Class {
  std::string folder, name;
  std::map<std::optional<Part>, std::vector<fs::path>> images;
};

// Perhaps the folders in it were meant as classes.
bool consists_of_folders(const fs::path& folder, const std::vector<fs::path>& images) {
  std::set<fs::path> holders;
  for (const fs::path& image : images) holders.insert(image.parent_path());
  return holders.size() > 1 && !holders.contains(folder);
}

class ClassFolders {
 public:
  ClassFolders(const fs::path& data, const DataOptions& options)
      : layout_(layout_of(data)), options_(options) {
    dataset_.notices = layout_.notices;
    dataset_.divided_here = !layout_.divided;
    if (!layout_.names.empty()) dataset_.orientation = Orientation::kAsStored;  // ImageNet's
    if (options.class_names) layout_.names = *options.class_names;
    for (const ClassFolder& folder : layout_.classes) add(folder);
    tell_empty();
    tell_nested();
    std::ranges::sort(classes_, {}, &Class::folder);  // CoOp's order
    name_classes();
  }

  Dataset read() {
    for (Class& each : classes_) {
      const int label = static_cast<int>(dataset_.class_names.size());
      dataset_.class_names.push_back(each.name);
      for (const auto& [part, paths] : each.images) {
        std::vector<Item> items;
        for (const fs::path& path : paths) items.push_back({.image = path, .label = label});
        if (!part) {
          divide(std::move(items), each.folder, options_, dataset_);
        } else {
          std::vector<Item>& there = items_of(*part, dataset_);
          there.insert(there.end(), items.begin(), items.end());
        }
      }
    }
    return std::move(dataset_);
  }

 private:
  void add(const ClassFolder& folder) {
    FolderContent content = content_below(folder.path);
    require(content.unreadable.empty(),
            content.unreadable.empty() ? "" : content.unreadable.front());
    require(!content.images.empty() || content.ignored.empty(), folder.path.string(),
            ": no image that can be read (", counts_text(content.ignored), "), expected ",
            image_extensions(), "; a folder that is no class belongs elsewhere");
    for (const auto& [what, count] : content.ignored) dataset_.ignored[what] += count;
    if (content.images.empty()) {
      empty_.push_back(folder.path.string());
      return;
    }
    if (consists_of_folders(folder.path, content.images)) nested_.push_back(folder.path.string());
    Class& known = class_of(folder);
    require(!known.images.contains(folder.part), folder.path.string(), ": the folders '",
            known.folder, "' and '", folder.name, "' are both called '", known.name, "'");
    known.images[folder.part] = std::move(content.images);
  }

  // With names from a file a folder is its class; else a class is what its folders are called.
  Class& class_of(const ClassFolder& folder) {
    const std::string name = readable_name(folder.name, folder.path.string() + ": ");
    const std::string& key = layout_.names.empty() ? name : folder.name;
    const auto [place, is_new] = place_of_.emplace(key, classes_.size());
    if (is_new) classes_.push_back({folder.name, name, {}});
    return classes_[place->second];
  }

  void tell_empty() {
    if (empty_.empty()) return;
    dataset_.notices.push_back(std::to_string(empty_.size()) +
                               " empty folders are no classes, such as " + empty_.front());
  }

  void tell_nested() {
    if (nested_.empty()) return;
    dataset_.notices.push_back(std::to_string(nested_.size()) +
                               " class folders hold folders, whose images are all of that class, "
                               "such as " +
                               nested_.front());
  }

  void name_classes() {
    if (layout_.names.empty()) return;
    std::vector<std::string> folders;
    for (const Class& each : classes_) folders.push_back(each.folder);
    const std::vector<std::string> names = names_of_folders(layout_.names, folders);
    for (std::size_t i = 0; i < names.size(); ++i) classes_[i].name = names[i];
  }

  FolderLayout layout_;
  const DataOptions& options_;
  std::vector<Class> classes_;
  std::map<std::string, std::size_t> place_of_;
  std::vector<std::string> empty_, nested_;
  Dataset dataset_;
};

}  // namespace

Dataset read_class_folders(const fs::path& data, const DataOptions& options) {
  return ClassFolders(data, options).read();
}

}  // namespace qprompt

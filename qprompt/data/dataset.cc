#include "qprompt/data/dataset.h"

#include <unicode/ustring.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/random.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

bool is_utf8(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8(nullptr, 0, nullptr, text.data(), static_cast<std::int32_t>(text.size()), &status);
  return status != U_INVALID_CHAR_FOUND;
}

void check_names(const Dataset& dataset, const std::string& source) {
  std::map<std::string, std::size_t> labels;
  for (std::size_t i = 0; i < dataset.class_names.size(); ++i) {
    const std::string& name = dataset.class_names[i];
    require(is_utf8(name), source, ": the name of class ", i, " is not UTF-8");
    require(name.find_first_not_of(' ') != std::string::npos, source, ": the name of class ", i,
            " is blank");
    const auto [same, is_new] = labels.emplace(name, i);
    require(is_new, source, ": the labels ", same->second, " and ", i, " are both called '", name,
            "'");
  }
}

void check(const Dataset& dataset, const std::string& source) {
  require(!dataset.train.empty() || !dataset.val.empty() || !dataset.test.empty(), source,
          ": no images found; expected a folder of images for each class, or a list of images");
  require(dataset.class_names.size() > 1, source, ": one class only ('",
          dataset.class_names.front(), "'), expected at least two");
  check_names(dataset, source);
}

std::vector<fs::path> sub_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

// Up to a thousand of the listed paths, evenly spread: most may be missing from a reduced copy.
std::vector<fs::path> some_paths(const Dataset& dataset) {
  std::vector<fs::path> all, some;
  for (const auto* items : {&dataset.test, &dataset.train, &dataset.val}) {
    for (const Item& item : *items) all.push_back(item.image.path());
  }
  const std::size_t step = std::max<std::size_t>(1, all.size() / 1000);
  for (std::size_t i = 0; i < all.size(); i += step) some.push_back(std::move(all[i]));
  return some;
}

// Published lists name images relative to a folder that every data set calls otherwise: `data`
// itself or a folder one or two levels below it.
fs::path image_root(const fs::path& data, const Dataset& dataset) {
  const std::vector<fs::path> paths = some_paths(dataset);
  const auto holds_images = [&](const fs::path& folder) {
    std::error_code ignored;
    return std::ranges::any_of(
        paths, [&](const fs::path& path) { return fs::exists(folder / path, ignored); });
  };
  if (holds_images(data)) return data;
  const std::vector<fs::path> folders = sub_folders(data);
  for (const fs::path& folder : folders) {
    if (holds_images(folder)) return folder;
  }
  for (const fs::path& folder : folders) {
    for (const fs::path& inner : sub_folders(folder)) {
      if (holds_images(inner)) return inner;
    }
  }
  return data;  // require_files() will say what is missing
}

void place_below(const fs::path& root, Dataset& dataset) {
  for (auto* items : {&dataset.train, &dataset.val, &dataset.test}) {
    for (Item& item : *items) item.image = root / item.image.path();
  }
}

// "split_zhou_EuroSAT.json" -> "EuroSAT"
std::string list_name(const fs::path& file) {
  constexpr std::string_view kPublished = "split_zhou_";
  const std::string name = file.stem().string();
  return name.starts_with(kPublished) ? name.substr(kPublished.size()) : name;
}

Dataset read_list(const fs::path& file, const fs::path& data, std::uint64_t seed) {
  const std::string content = read_text(file);
  const std::string_view text = without_byte_order_mark(content);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const bool is_json =
      begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[');
  Dataset dataset = is_json ? read_split_json(text, file) : read_csv_table(text, file, seed);
  require(fs::is_directory(data), data.string(), ": not a folder, expected the images of ",
          file.string());
  place_below(image_root(data, dataset), dataset);
  dataset.name = list_name(file);
  return dataset;
}

Dataset read_any(const fs::path& data, const std::optional<fs::path>& split, std::uint64_t seed) {
  if (split) return read_list(*split, data, seed);
  require(fs::exists(data), data.string(), ": no such folder or list of images");
  if (!fs::is_directory(data)) return read_list(data, fs::absolute(data).parent_path(), seed);
  Dataset dataset = read_class_folders(data, seed);
  const fs::path whole = fs::absolute(data / "").lexically_normal();  // ends with a separator
  dataset.name = whole.parent_path().filename().string();
  return dataset;
}

// Python's round(): halves go to the even neighbour.
std::size_t share(std::size_t n, double part) {
  return static_cast<std::size_t>(std::nearbyint(static_cast<double>(n) * part));
}

}  // namespace

Dataset load_dataset(const fs::path& data, const std::optional<fs::path>& split,
                     std::uint64_t seed) {
  return at_border([&]() -> Dataset {
    const std::string source = split.value_or(data).string();
    try {
      Dataset dataset = read_any(data, split, seed);
      check(dataset, source);
      return dataset;
    } catch (const fs::filesystem_error& error) {
      fail(error.path1().string(), ": cannot read: ", error.code().message());
    }
  });
}

void require_files(std::span<const Item> items) {
  at_border([&] {
    const auto is_missing = [](const Item& item) {
      std::error_code ignored;
      return !item.image.path().empty() && !fs::is_regular_file(item.image.path(), ignored);
    };
    const auto first = std::ranges::find_if(items, is_missing);
    if (first == items.end()) return;
    const auto more = std::count_if(first + 1, items.end(), is_missing);
    fail(first->image.name(), ": missing image, and ", more, " more of the ", items.size(),
         " that are needed");
  });
}

void divide_by_seed(std::vector<Item> items, const std::string& class_name, std::uint64_t seed,
                    Dataset& dataset) {
  if (items.empty()) return;
  std::ranges::sort(items, {}, [](const Item& item) { return item.image.path(); });
  const std::size_t n_train = std::max<std::size_t>(1, share(items.size(), 0.5));
  const std::size_t n_val = items.size() < 4 ? 0 : share(items.size(), 0.2);  // a test image first
  Random random(seed, hash64(class_name));
  const std::vector<Index> order = random.permutation(static_cast<Index>(items.size()));
  std::vector<int> subset(items.size(), 2);
  for (std::size_t i = 0; i < n_train + n_val; ++i) subset[order[i]] = i < n_train ? 0 : 1;
  std::vector<Item>* const subsets[] = {&dataset.train, &dataset.val, &dataset.test};
  for (std::size_t i = 0; i < items.size(); ++i) {
    subsets[subset[i]]->push_back(std::move(items[i]));
  }
}

std::string readable_name(std::string_view name) {
  std::string readable(name);
  std::ranges::replace(readable, '_', ' ');
  return readable;
}

}  // namespace qprompt

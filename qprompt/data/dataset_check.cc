#include "qprompt/data/dataset_check.h"

#include <algorithm>
#include <array>
#include <span>
#include <system_error>
#include <unordered_set>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/thread_pool.h"
#include "qprompt/core/threads.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/benchmark_readers.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/image_folder.h"
#include "qprompt/data/opened_image.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr std::array kParts{Part::kTrain, Part::kVal, Part::kTest};

std::int64_t& size_of(Part part, PartSizes& sizes) {
  if (part == Part::kTrain) return sizes.train;
  return part == Part::kVal ? sizes.val : sizes.test;
}

std::string normal(const fs::path& path) { return fs::absolute(path).lexically_normal().string(); }

bool is_there(const Item& item) {
  std::error_code ignored;
  return fs::is_regular_file(item.image.path(), ignored);
}

// What is wrong with an image that is there, or "".
std::string damage_of(const Item& item, const std::function<bool()>& stop) {
  try {
    OpenedImage(item.image).decoded({.stop = stop, .notice = {}});
    return "";
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& error) {
    return error.what();
  }
}

class Check {
 public:
  Check(Dataset dataset, const DatasetCheckOptions& options, DatasetCheck& result)
      : dataset_(std::move(dataset)), options_(options), result_(result) {}

  void count() {
    result_.images = sizes_of(dataset_);
    for (const std::string& name : dataset_.class_names) result_.classes.push_back({.name = name});
    for (const Part part : kParts) {
      for (const Item& item : items_of(part, dataset_)) count(item, part);
    }
  }

  void decode() {
    ThreadPool pool(options_.threads > 0 ? options_.threads : usable_cores());
    // Progress is told by this thread, between waves.
    const std::size_t wave = std::size_t{32} * static_cast<std::size_t>(pool.threads());
    for (std::size_t done = 0; done < there_.size();) {
      if (options_.stop && options_.stop()) throw Interrupted();
      const std::size_t end = std::min(done + wave, there_.size());
      decode(pool, std::span(there_).subspan(done, end - done));
      done = end;
      if (options_.progress) options_.progress(static_cast<std::int64_t>(done), std::ssize(there_));
    }
  }

  // Files below `folder` that the data set does not list.
  void look_for_more(const fs::path& folder) {
    const FolderContent content = content_below(folder);
    result_.ignored = content.ignored;
    for (const std::string& line : content.unreadable) result_.unreadable.push_back(line);
    for (const fs::path& image : content.images) {
      if (listed_.contains(normal(image))) continue;
      const fs::path relative = image.lexically_relative(folder);
      ++result_.unlisted[relative.has_parent_path() ? relative.begin()->string() : "."];
    }
  }

 private:
  void count(const Item& item, Part part) {
    ClassCheck& of_class = result_.classes.at(item.label);
    ++size_of(part, of_class.images);
    const bool is_new = listed_.insert(normal(item.image.path())).second;
    if (is_there(item)) {
      if (is_new) there_.push_back(&item);
      return;
    }
    ++size_of(part, of_class.missing);
    ++size_of(part, result_.missing);
    if (is_new) result_.missing_images.push_back(item.image.path().string());
  }

  void decode(ThreadPool& pool, std::span<const Item* const> items) {
    std::vector<std::string> damage(items.size());
    pool.for_each(items.size(),
                  [&](std::size_t i) { damage[i] = damage_of(*items[i], options_.stop); });
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (damage[i].empty()) continue;
      ++result_.classes.at(items[i]->label).unreadable;
      result_.unreadable.push_back(damage[i]);
    }
  }

  Dataset dataset_;
  const DatasetCheckOptions& options_;
  DatasetCheck& result_;
  std::unordered_set<std::string> listed_;
  std::vector<const Item*> there_;  // each once
};

// Whether the rest is there to be read.
bool has_needed_files(const Benchmark& benchmark, const DataOptions& options,
                      DatasetCheck& result) {
  result.name = benchmark.name;
  if (!options.split) result.published = benchmark.sizes;
  bool readable = true;
  for (const NeededFile& file : needed_files(benchmark, options)) {
    if (file.is_there) continue;
    result.missing_files.push_back(missing_text(benchmark, file));
    readable = readable && !file.required;
  }
  return readable;
}

}  // namespace

bool DatasetCheck::is_whole() const {
  return missing_files.empty() && missing_images.empty() && unreadable.empty() &&
         differences.empty();
}

DatasetCheck check_dataset(const fs::path& data, const DatasetCheckOptions& options) {
  return at_border([&] {
    const Benchmark* benchmark = named_benchmark(data, options.data);
    DatasetCheck result{.place = place_of_data(data, options.data)};
    if (benchmark && !has_needed_files(*benchmark, options.data, result)) return result;
    Dataset dataset = load_dataset(data, options.data);
    result.name = dataset.name;
    result.notices = dataset.notices;
    if (benchmark && !options.data.split) {
      result.differences = differences_from_published(*benchmark, dataset);
      std::erase_if(result.notices, [&](const std::string& notice) {
        return std::ranges::find(result.differences, notice) != result.differences.end();
      });
    }
    Check check(std::move(dataset), options, result);
    check.count();
    check.decode();
    const fs::path images = benchmark ? images_of_benchmark(*benchmark, options.data) : data;
    if (fs::is_directory(images)) check.look_for_more(images);
    return result;
  });
}

}  // namespace qprompt

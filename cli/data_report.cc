#include "cli/data_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "qprompt/data/image_folder.h"

namespace qprompt::cli {
namespace {

using Json = nlohmann::ordered_json;

Json sizes_as_json(const PartSizes& sizes) {
  return {{"train", sizes.train}, {"val", sizes.val}, {"test", sizes.test}};
}

std::int64_t sum(const PartSizes& sizes) { return sizes.train + sizes.val + sizes.test; }

std::string sizes_row(const std::string& name, const PartSizes& sizes) {
  return fmt::format("{:<11} {:>9} {:>9} {:>9}\n", name, sizes.train, sizes.val, sizes.test);
}

// Files that are not there; nothing is asked for without a data root.
std::vector<NeededFile> missing_files(const Benchmark& benchmark, const DataOptions& options) {
  if (!options.data_root) return {};
  std::vector<NeededFile> files = needed_files(benchmark, options);
  std::erase_if(files, [](const NeededFile& file) { return file.is_there; });
  return files;
}

std::string state_of(const Benchmark& benchmark, const DataOptions& options) {
  if (!options.data_root)
    return std::string(benchmark.folder) + "/" + std::string(benchmark.images);
  const auto missing = missing_files(benchmark, options);
  if (missing.empty()) return "there";
  return fmt::format("{}missing: {}{}", missing.front().required ? "" : "in part; ",
                     missing.front().path.string(),
                     missing.size() > 1 ? fmt::format(" and {} more", missing.size() - 1) : "");
}

std::string class_rows(const DatasetCheck& check) {
  std::string text = fmt::format("{:>9} {:>9} {:>9} {:>9} {:>11}  class\n", "train", "val", "test",
                                 "missing", "unreadable");
  for (const ClassCheck& each : check.classes) {
    text += fmt::format("{:>9} {:>9} {:>9} {:>9} {:>11}  {}\n", each.images.train, each.images.val,
                        each.images.test, sum(each.missing), each.unreadable, each.name);
  }
  return text;
}

std::string lines(const std::string& label, const std::vector<std::string>& each) {
  std::string text;
  for (const std::string& line : each) text += label + line + "\n";
  return text;
}

}  // namespace

std::string list_text(const DataOptions& options) {
  std::string text =
      fmt::format("{:<20} {:>7} {:>8} {:>6} {:>6}  {}\n", "name", "classes", "train", "val", "test",
                  options.data_root ? options.data_root->string() : "images below --data-root");
  for (const Benchmark& each : benchmarks()) {
    text += fmt::format("{:<20} {:>7} {:>8} {:>6} {:>6}  {}\n", each.name, each.classes,
                        each.sizes.train, each.sizes.val, each.sizes.test, state_of(each, options));
  }
  return text;
}

Json list_json(const DataOptions& options) {
  Json list = Json::array();
  for (const Benchmark& each : benchmarks()) {
    Json entry{{"name", each.name},        {"folder", each.folder},
               {"images", each.images},    {"list", list_name(each)},
               {"classes", each.classes},  {"published", sizes_as_json(each.sizes)},
               {"template", each.sentence}};
    if (options.data_root) {
      entry["missing"] = Json::array();
      for (const NeededFile& file : missing_files(each, options)) {
        entry["missing"].push_back(file.path.string());
      }
    }
    list.push_back(entry);
  }
  return list;
}

std::string check_text(const DatasetCheck& check) {
  std::string text =
      fmt::format("{} in {}: {} classes\n", check.name, check.place.string(), check.classes.size());
  if (!check.classes.empty()) {
    text += class_rows(check);
    text += fmt::format("{:<11} {:>9} {:>9} {:>9}\n", "", "train", "val", "test");
    text += sizes_row("listed", check.images);
    if (check.published) text += sizes_row("published", *check.published);
    text += sizes_row("missing", check.missing);
  }
  text += lines("", check.missing_files);
  if (!check.missing_images.empty()) {
    text += fmt::format("missing: {} listed images, such as {}\n", check.missing_images.size(),
                        check.missing_images.front());
  }
  text += lines("unreadable: ", check.unreadable);
  text += lines("not as published: ", check.differences);
  if (!check.unlisted.empty()) {
    text += fmt::format("images that are not listed: {}\n", counts_text(check.unlisted));
  }
  if (!check.ignored.empty()) text += fmt::format("ignored: {}\n", counts_text(check.ignored));
  return text;
}

Json check_as_json(const DatasetCheck& check) {
  Json json{{"name", check.name},
            {"path", check.place.string()},
            {"images", sizes_as_json(check.images)},
            {"missing", sizes_as_json(check.missing)},
            {"published", check.published ? sizes_as_json(*check.published) : Json()}};
  json["classes"] = Json::array();
  for (const ClassCheck& each : check.classes) {
    json["classes"].push_back({{"name", each.name},
                               {"images", sizes_as_json(each.images)},
                               {"missing", sizes_as_json(each.missing)},
                               {"unreadable", each.unreadable}});
  }
  json["missing_files"] = check.missing_files;
  json["missing_images"] = check.missing_images;
  json["unreadable"] = check.unreadable;
  json["differences"] = check.differences;
  json["unlisted"] = check.unlisted;
  json["ignored"] = check.ignored;
  json["notices"] = check.notices;
  json["is_whole"] = check.is_whole();
  return json;
}

std::string verdict(const DatasetCheck& check) {
  std::string text;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(check.missing_files.size(), "missing files or folders");
  add(check.missing_images.size(), "missing images");
  add(check.unreadable.size(), "unreadable images");
  add(check.differences.size(), "differences from the published data set");
  return text;
}

}  // namespace qprompt::cli

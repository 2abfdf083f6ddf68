#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/dataset_sources.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

using Names = std::map<std::string, std::string>;

Names names_in_json(const fs::path& file) {
  const nlohmann::json json = read_json(file);
  require(json.is_object(), file.string(), ": expected an object {\"FOLDER\": \"NAME\", ...}");
  Names names;
  for (const auto& [folder, name] : json.items()) {
    require(name.is_string(), file.string(), ": '", folder, "' is ", name.dump().substr(0, 40),
            ", expected a name");
    names[repaired_text(folder)] =
        readable_name(name.get_ref<const std::string&>(), file.string() + ": ");
  }
  return names;
}

// Whether the line is "FOLDER NAME": a folder's name ends with a space, a tab, a comma or a colon.
bool begins_with(std::string_view line, std::string_view folder) {
  constexpr std::string_view kEnds = " \t,;:=";
  return line.size() > folder.size() && line.starts_with(folder) &&
         kEnds.find(line[folder.size()]) != std::string_view::npos;
}

// The longest that the line begins with; empty where it begins with none.
std::string_view folder_of(std::string_view line, const std::vector<std::string>& folders) {
  std::string_view longest;
  for (const std::string& folder : folders) {
    if (folder.size() > longest.size() && begins_with(line, folder)) longest = folder;
  }
  return longest;
}

// "n02108915 French bulldog". Lines of other folders are passed over.
Names names_in_lines(const std::vector<std::string>& lines, const std::vector<std::string>& folders,
                     const fs::path& file) {
  Names names;
  for (const std::string& line : lines) {
    const std::string folder(folder_of(line, folders));
    if (folder.empty()) continue;
    const std::string name =
        readable_name(std::string_view(line).substr(folder.size() + 1), file.string() + ": ");
    const auto [known, is_new] = names.emplace(folder, name);
    require(is_new || known->second == name, file.string(), ": the folder '", folder,
            "' is called '", known->second, "' and '", name, "'");
  }
  return names;
}

// Where all are numbers, 2 before 10: as a list of one name a line counts them.
std::vector<std::size_t> order_of(const std::vector<std::string>& folders) {
  std::vector<std::size_t> order(folders.size());
  std::iota(order.begin(), order.end(), 0);
  if (std::ranges::all_of(folders, is_number)) {
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::stol(folders[i]); });
  }
  return order;
}

std::vector<std::string> names_in_order(const std::vector<std::string>& lines,
                                        const std::vector<std::string>& folders,
                                        const fs::path& file) {
  std::vector<std::string> names(folders.size());
  const std::vector<std::size_t> order = order_of(folders);
  for (std::size_t i = 0; i < order.size(); ++i) {
    names[order[i]] = readable_name(lines[i], file.string() + ": ");
  }
  return names;
}

std::vector<std::string> lines_with_text(const fs::path& file) {
  std::vector<std::string> lines;
  for (const std::string& line : read_lines(file)) {
    if (std::string text = trimmed_text(repaired_text(line)); !text.empty())
      lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace

std::vector<std::string> names_of_folders(const fs::path& file,
                                          const std::vector<std::string>& folder_names) {
  // Written composed or decomposed: macOS stores them otherwise than people write them.
  std::vector<std::string> folders;
  folders.reserve(folder_names.size());
  for (const std::string& name : folder_names) folders.push_back(repaired_text(name));
  const bool is_json = read_text(file).starts_with('{');
  const std::vector<std::string> lines =
      is_json ? std::vector<std::string>() : lines_with_text(file);
  const Names names = is_json ? names_in_json(file) : names_in_lines(lines, folders, file);
  std::vector<std::string> found;
  std::string missing;
  for (const std::string& folder : folders) {
    const auto name = names.find(folder);
    if (name != names.end()) found.push_back(name->second);
    if (name == names.end() && missing.empty()) missing = folder;
  }
  if (missing.empty()) return found;
  // No folder is named: a list in their order.
  require(found.empty() && lines.size() == folders.size(), file.string(),
          ": no name for the folder '", missing,
          "', expected 'FOLDER NAME' on each line, or one name for each of the ", folders.size(),
          " folders (", lines.size(), " lines)");
  return names_in_order(lines, folders, file);
}

}  // namespace qprompt

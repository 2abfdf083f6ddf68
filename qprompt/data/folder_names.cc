#include <map>
#include <nlohmann/json.hpp>

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
    names[folder] = readable_name(name.get_ref<const std::string&>(), file.string() + ": ");
  }
  return names;
}

// "n02108915 French bulldog", with a space, a tab or a comma behind the folder's name.
Names names_in_lines(const std::vector<std::string>& lines, const fs::path& file) {
  Names names;
  for (const std::string& line : lines) {
    const std::size_t end = line.find_first_of(" \t,");
    if (end == std::string::npos) continue;
    names[line.substr(0, end)] = readable_name(line.substr(end + 1), file.string() + ": ");
  }
  return names;
}

std::vector<std::string> lines_with_text(const fs::path& file) {
  std::vector<std::string> lines;
  for (const std::string& line : read_lines(file)) {
    if (std::string text = trimmed_text(line); !text.empty()) lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace

std::vector<std::string> names_of_folders(const fs::path& file,
                                          const std::vector<std::string>& folders) {
  const bool is_json = read_text(file).starts_with('{');
  const std::vector<std::string> lines =
      is_json ? std::vector<std::string>() : lines_with_text(file);
  const Names names = is_json ? names_in_json(file) : names_in_lines(lines, file);
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
  for (const std::string& line : lines) found.push_back(readable_name(line, file.string() + ": "));
  return found;
}

}  // namespace qprompt

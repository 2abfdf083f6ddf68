#include "qprompt/data/class_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/dataset_sources.h"
#include "qprompt/data/image_kind.h"

namespace qprompt {
namespace {

constexpr std::size_t kLongestName = 1000;

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Alone or before a name, as in ImageNet's classnames.txt.
bool begins_with_wordnet_id(const std::string& name) {
  return is_wordnet_id(std::string_view(name).substr(0, 9)) && (name.size() == 9 || name[9] == ' ');
}

// "0 rose", "0,rose", "0: rose"
bool begins_with_number(const std::string& name) {
  const std::size_t end = name.find_first_not_of("0123456789");
  return end > 0 && end != std::string::npos && name.find_first_of(" ,:;.)", end) == end;
}

// "- rose", "\"rose\",", "names:": lines of another kind of file.
bool has_signs_around(const std::string& name) {
  return name.starts_with("- ") || name.find_first_of("\"'[{") == 0 ||
         name.find_last_of("\"',:") == name.size() - 1;
}

bool is_comment_or_header(const std::string& name) {
  constexpr std::array kHeaders{"class name", "classname", "class", "classes", "label", "labels"};
  return name[0] == '#' || std::ranges::find(kHeaders, folded_text(name)) != kHeaders.end();
}

// "3 of 5 class names are numbers, such as '7'"
template <typename Predicate>
void tell_many(std::span<const std::string> names, Predicate is_odd, const std::string& what,
               std::vector<std::string>& doubts) {
  const auto count = std::ranges::count_if(names, is_odd);
  if (count == 0) return;
  doubts.push_back(std::to_string(count) + " of " + std::to_string(names.size()) + " class names " +
                   what + ", such as '" + *std::ranges::find_if(names, is_odd) + "'");
}

// Names that make the same prompt, by that prompt.
std::map<std::string, std::vector<std::string>> by_prompt(std::span<const std::string> names) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const std::string& name : names) groups[folded_text(name)].push_back(name);
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  return groups;
}

// "'red fox' stands for 2 classes, 'Forest' and 'forest' make the same prompt"
std::string text_of(const std::vector<std::string>& same) {
  const bool equal = std::ranges::count(same, same.front()) == std::ssize(same);
  if (equal) return "'" + same.front() + "' stands for " + std::to_string(same.size()) + " classes";
  std::string text;
  for (const std::string& name : same) text += (text.empty() ? "'" : "', '") + name;
  return text + "' make the same prompt";
}

void tell_twins(std::span<const std::string> names, std::vector<std::string>& doubts) {
  constexpr std::size_t kShown = 3;
  const auto groups = by_prompt(names);
  if (groups.empty()) return;
  std::string line = "classes that no prompt can tell apart: ";
  std::size_t shown = 0;
  for (const auto& [prompt, same] : groups) {
    if (shown == kShown) break;
    line += (shown++ == 0 ? "" : "; ") + text_of(same);
  }
  if (groups.size() > kShown) {
    line += "; and " + std::to_string(groups.size() - kShown) + " more";
  }
  doubts.push_back(line);
}

// What the file is in place of a list, or nothing that is known.
std::string other_kind(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_bytes(path);
  const std::string kind = kind_of_content(bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool is_list =
      text.find_first_of("[{") == text.find_first_not_of(" \t\r\n") && nlohmann::json::accept(text);
  if (is_list) return "JSON";
  return kind == "text" || kind == "of no known format" ? "" : kind;
}

}  // namespace

std::string readable_name(std::string_view name, const std::string& where) {
  return at_border([&] {
    require(is_utf8(name), where, "a class name that is not UTF-8");
    require(name.size() <= kLongestName, where, "a class name of ", name.size(),
            " bytes, expected at most ", kLongestName);
    std::string readable = name_text(name);
    require(readable.find('\n') == std::string::npos, where, "a class name with a line break: '",
            readable, "'");
    require(!readable.empty(), where, "a blank class name");
    return readable;
  });
}

std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  return at_border([&] {
    const std::string kind = other_kind(path);
    require(kind.empty(), path.string(), ": ", kind, ", expected one class name a line");
    std::vector<std::string> names;
    int line = 0;
    for (const std::string& name : read_lines(path)) {
      ++line;
      if (trimmed_text(name).empty()) continue;
      names.push_back(readable_name(name, path.string() + ":" + std::to_string(line) + ": "));
    }
    require(names.size() >= 2, path.string(), ": ", names.size(),
            " class names, expected at least two, one a line");
    return names;
  });
}

std::vector<std::string> doubts_about_names(std::span<const std::string> names) {
  return at_border([&] {
    std::vector<std::string> doubts;
    tell_twins(names, doubts);
    tell_many(names, begins_with_wordnet_id, "begin with WordNet ids (--class-names names folders)",
              doubts);
    tell_many(names, all_digits, "are numbers (--class-names names folders)", doubts);
    if (std::ranges::all_of(names, begins_with_number)) {
      tell_many(names, begins_with_number, "begin with a number, which is read too", doubts);
    }
    tell_many(names, has_signs_around, "have signs around them, which are read too", doubts);
    const auto odd_line = std::ranges::find_if(names, is_comment_or_header);
    if (odd_line != names.end()) {
      doubts.push_back("the line '" + *odd_line + "' is taken for a class name");
    }
    return doubts;
  });
}

}  // namespace qprompt

#include "qprompt/run/run_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/data/class_names.h"
#include "qprompt/run/choosing.h"
#include "qprompt/run/record.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

constexpr char kPromptHash[] = "prompt_hash";  // in run.json; version 0.1 has none

std::string hash_of_file(const fs::path& prompt) {
  return hex64(hash64(std::span<const std::byte>(read_bytes(prompt))));
}

std::string lines_of(const std::vector<std::string>& class_names) {
  std::string text;
  for (const std::string& name : class_names) text += name + "\n";
  return text;
}

// However a person wrote them.
bool names_are(const fs::path& path, const std::vector<std::string>& class_names) {
  try {
    return fs::exists(path) && read_class_names(path) == class_names;
  } catch (const Error&) {
    return false;
  }
}

// What cannot be read holds something else.
bool holds(const fs::path& path, std::span<const std::byte> bytes) {
  try {
    return fs::is_regular_file(path) && fs::file_size(path) == bytes.size() &&
           std::ranges::equal(read_bytes(path), bytes);
  } catch (const Error&) {
    return false;
  }
}

// Of the run that `prompt` is of; nothing where it is of none.
std::optional<nlohmann::json> record_of(const fs::path& prompt) {
  const fs::path path = prompt.parent_path() / kReportName;
  if (prompt.filename() != kPromptName || !fs::exists(path)) return std::nullopt;
  nlohmann::json record = read_json_object(path);
  const auto hash = record.find(kPromptHash);
  if (hash == record.end() || *hash == hash_of_file(prompt)) return record;
  load_prompt_file(prompt);  // a damaged one is told as that
  fail(path.string(), ": was written with another prompt than ", prompt.string(),
       ": the class names and the seed beside it are not this prompt's; --classes and --seed say "
       "them");
}

}  // namespace

void save_run(const fs::path& folder, const PromptFile& prompt,
              const std::vector<std::string>& class_names, const std::string& record) {
  at_border([&] {
    const fs::path path = folder / kPromptName, report = folder / kReportName;
    const auto bytes = to_bytes(prompt);
    if (!holds(path, bytes)) fs::remove(report);
    save_prompt(prompt, path, class_names);
    auto json = nlohmann::ordered_json::parse(record);
    json[kPromptHash] = hex64(hash64(std::span<const std::byte>(bytes)));
    write_file(report, json_text(json));
  });
}

void save_prompt(const PromptFile& prompt, const fs::path& path,
                 const std::optional<std::vector<std::string>>& class_names) {
  at_border([&] {
    const fs::path names = class_names_path(path);
    if (class_names) require_one_a_line(*class_names);
    const bool names_stay = class_names && names_are(names, *class_names);
    const bool prompt_stays = holds(path, to_bytes(prompt));
    if (!class_names || !(prompt_stays || names_stay)) fs::remove(names);
    if (!prompt_stays) save_prompt_file(prompt, path);
    if (class_names && !names_stay) write_file(names, lines_of(*class_names));
  });
}

void require_one_a_line(const std::vector<std::string>& class_names) {
  for (const std::string& name : class_names) {
    const bool fits = name.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos &&
                      name.find_first_not_of(" \t") != std::string::npos &&
                      without_byte_order_mark(name) == name;
    require(fits, "class name '", name,
            "': a list of one name a line cannot hold it (a line break,",
            " a zero byte, a byte order mark, or nothing but blanks)");
  }
}

RunState run_state(const fs::path& folder) {
  return at_border([&] {
    if (fs::exists(folder / kStateName)) return RunState::kUnfinished;
    // Begun after whatever record there is.
    if (was_choosing(folder / kEventsName)) return RunState::kUnfinished;
    const fs::path report = folder / kReportName;
    if (!fs::exists(report)) {
      return fs::exists(folder / kPromptName) ? RunState::kFinished : RunState::kNone;
    }
    const nlohmann::json record = read_json_object(report);
    const auto interrupted = record.find("interrupted");
    const bool finished = interrupted != record.end() && *interrupted == false;
    return finished ? RunState::kFinished : RunState::kUnfinished;
  });
}

fs::path prompt_path(const fs::path& given) {
  return at_border([&] { return fs::is_directory(given) ? given / kPromptName : given; });
}

fs::path class_names_path(const fs::path& prompt) {
  fs::path path = prompt;
  if (path.extension() == ".qprompt") path.replace_extension();
  path += ".classes.txt";
  return path;
}

std::optional<std::vector<std::string>> remembered_classes(const fs::path& prompt) {
  return at_border([&]() -> std::optional<std::vector<std::string>> {
    const fs::path path = class_names_path(prompt);
    if (!fs::exists(path)) return std::nullopt;
    record_of(prompt);  // refuses another prompt's
    return read_class_names(path);
  });
}

std::vector<std::string> class_names_for(const fs::path& prompt, const std::string& names_file) {
  return at_border([&] {
    if (!names_file.empty()) return read_class_names(names_file);
    const auto remembered = remembered_classes(prompt);
    require(remembered.has_value(), prompt.string(), ": no class names beside it in ",
            class_names_path(prompt).filename().string(), "; --classes names.txt gives them");
    return *remembered;
  });
}

HeldOutScores held_out_scores_of(const fs::path& prompt) {
  return at_border([&] {
    const auto record = record_of(prompt);
    require(record.has_value(), prompt.string(), ": no ", kReportName,
            " of its run beside it, which says what held-out images score: the run folder that "
            "train wrote has one");
    const std::string path = (prompt.parent_path() / kReportName).string();
    return naming(path, [&] {
      HeldOutScores images;
      const nlohmann::json::json_pointer place("/held_out_scores");
      if (record->contains(place)) {
        images = fields_from_json<HeldOutScores>(record->at(place));
      }
      require(!images.scores.empty(), path,
              ": holds no scores of held-out images: train finds them where there are validation "
              "images, and without --no-temperature");
      return images;
    });
  });
}

bool is_data_of_run(const fs::path& data, const std::string& split, const fs::path& prompt) {
  return at_border([&] {
    const auto record = record_of(prompt);
    if (!record) return false;
    const auto same_place = [&](const std::string& field, const fs::path& given) {
      const nlohmann::json::json_pointer place("/data/" + field);
      if (!record->contains(place) || !record->at(place).is_string()) return false;
      const fs::path then = record->at(place).get<std::string>();
      std::error_code error;
      return then == given || (!then.empty() && fs::equivalent(then, given, error) && !error);
    };
    return same_place("path", data) && same_place("split", split);
  });
}

std::uint64_t division_seed(const std::optional<std::uint64_t>& given, const fs::path& prompt) {
  return at_border([&]() -> std::uint64_t {
    if (given) return *given;
    const auto record = record_of(prompt);
    if (!record) {
      const bool unfinished =
          prompt.filename() == kPromptName && fs::exists(prompt.parent_path() / kStateName);
      require(!unfinished, prompt.string(), ": of an unfinished run without its ", kReportName,
              ": train --resume finishes it, or --seed says how the folder was divided");
      return 1;
    }
    const nlohmann::json::json_pointer place("/settings/seed");
    if (!record->contains(place)) return 1;
    const nlohmann::json& seed = record->at(place);
    return seed.is_number_unsigned() ? seed.get<std::uint64_t>() : 1;
  });
}

}  // namespace qprompt

#include "qprompt/run/run_folder.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/data/class_names.h"

namespace qprompt {

namespace fs = std::filesystem;

namespace {

fs::path classes_path(fs::path prompt) { return prompt.replace_extension(".classes.txt"); }

}  // namespace

void save_run(const fs::path& folder, const PromptFile& prompt,
              const std::vector<std::string>& class_names, const std::string& record) {
  at_border([&] {
    save_prompt_file(prompt, folder / kPromptName);
    remember_classes(folder / kPromptName, class_names);
    write_file(folder / kReportName, record);
  });
}

fs::path prompt_path(const fs::path& given) {
  return at_border([&] { return fs::is_directory(given) ? given / kPromptName : given; });
}

void remember_classes(const fs::path& prompt,
                      const std::optional<std::vector<std::string>>& class_names) {
  at_border([&] {
    if (!class_names) {
      fs::remove(classes_path(prompt));
      return;
    }
    std::string text;
    for (const std::string& name : *class_names) text += name + "\n";
    write_file(classes_path(prompt), text);
  });
}

std::optional<std::vector<std::string>> remembered_classes(const fs::path& prompt) {
  return at_border([&]() -> std::optional<std::vector<std::string>> {
    const fs::path path = classes_path(prompt);
    if (!fs::exists(path)) return std::nullopt;
    return read_class_names(path);
  });
}

std::vector<std::string> class_names_for(const fs::path& prompt, const std::string& names_file) {
  return at_border([&] {
    if (!names_file.empty()) return read_class_names(names_file);
    const auto remembered = remembered_classes(prompt);
    require(remembered.has_value(), prompt.string(), ": no class names beside it in ",
            classes_path(prompt).filename().string(), "; --classes names.txt gives them");
    return *remembered;
  });
}

std::uint64_t division_seed(const std::optional<std::uint64_t>& given, const fs::path& prompt) {
  return at_border([&]() -> std::uint64_t {
    if (given) return *given;
    const fs::path report = prompt.parent_path() / kReportName;
    if (prompt.filename() != kPromptName || !fs::exists(report)) return 1;
    const nlohmann::json seed =
        read_json(report).value(nlohmann::json::json_pointer("/settings/seed"), nlohmann::json());
    return seed.is_number_unsigned() ? seed.get<std::uint64_t>() : 1;
  });
}

}  // namespace qprompt

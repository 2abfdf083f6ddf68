#include "cli/run_folder.h"

#include "cli/arguments.h"
#include "cli/output.h"
#include "qprompt/core/file.h"

namespace qprompt::cli {

namespace fs = std::filesystem;

void save_run(const fs::path& folder, const PromptFile& prompt,
              const std::vector<std::string>& class_names, const nlohmann::ordered_json& report) {
  save_prompt_file(prompt, folder / kPromptName);
  write_file(classes_path(folder / kPromptName), names_text(class_names));
  write_file(folder / kReportName, json_text(report));
}

std::string names_text(const std::vector<std::string>& class_names) {
  std::string text;
  for (const std::string& name : class_names) text += name + "\n";
  return text;
}

fs::path prompt_path(const fs::path& given) {
  return fs::is_directory(given) ? given / kPromptName : given;
}

fs::path classes_path(fs::path prompt) { return prompt.replace_extension(".classes.txt"); }

std::optional<std::vector<std::string>> remembered_classes(const fs::path& prompt) {
  const fs::path path = classes_path(prompt);
  if (!fs::exists(path)) return std::nullopt;
  return read_class_names(path);
}

}  // namespace qprompt::cli

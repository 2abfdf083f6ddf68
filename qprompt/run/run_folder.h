#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/export.h"

namespace qprompt {

// What a training leaves behind in its folder RUN:
//   RUN/prompt.qprompt        the prompt, all that a classifier needs beside the model
//   RUN/prompt.classes.txt    the class names it was learned with, one a line
//   RUN/run.json              every setting and what came out
inline constexpr char kPromptName[] = "prompt.qprompt";
inline constexpr char kReportName[] = "run.json";
// While a run is unfinished: what it is resumed from.
inline constexpr char kStateName[] = "training_state.safetensors";

// `record` as the text of a JSON file.
QPROMPT_API void save_run(const std::filesystem::path& folder, const PromptFile& prompt,
                          const std::vector<std::string>& class_names, const std::string& record);

// `given` is a prompt file or a run folder.
QPROMPT_API std::filesystem::path prompt_path(const std::filesystem::path& given);

// Puts class names beside a prompt, one a line; without names, takes away those of a prompt that
// was there before.
QPROMPT_API void remember_classes(const std::filesystem::path& prompt,
                                  const std::optional<std::vector<std::string>>& class_names);

// The class names that lie beside a prompt; nothing when there are none.
QPROMPT_API std::optional<std::vector<std::string>> remembered_classes(
    const std::filesystem::path& prompt);

// Those in `names_file` where one is given, else those beside the prompt. Throws Error where there
// are neither.
QPROMPT_API std::vector<std::string> class_names_for(const std::filesystem::path& prompt,
                                                     const std::string& names_file);

// The seed that divides a plain folder of images: `given`, else that of the run that `prompt` is
// of (so that its test images are not those it was learned from), else 1.
QPROMPT_API std::uint64_t division_seed(const std::optional<std::uint64_t>& given,
                                        const std::filesystem::path& prompt);

}  // namespace qprompt

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"

namespace qprompt::cli {

// What `train --output RUN` leaves behind:
//   RUN/prompt.qprompt        the prompt, all that a classifier needs beside the model
//   RUN/prompt.classes.txt    the class names it was learned with, one a line
//   RUN/run.json              every setting and what came out
inline constexpr char kPromptName[] = "prompt.qprompt";
inline constexpr char kReportName[] = "run.json";
// While a run is unfinished: what --resume goes on from.
inline constexpr char kStateName[] = "training_state.safetensors";

void save_run(const std::filesystem::path& folder, const PromptFile& prompt,
              const std::vector<std::string>& class_names, const nlohmann::ordered_json& report);

// `given` is a prompt file or a run folder.
std::filesystem::path prompt_path(const std::filesystem::path& given);

// Where the class names of a prompt lie.
std::filesystem::path classes_path(std::filesystem::path prompt);

// One a line.
std::string names_text(const std::vector<std::string>& class_names);

// The class names that lie beside a prompt; nothing when there are none.
std::optional<std::vector<std::string>> remembered_classes(const std::filesystem::path& prompt);

}  // namespace qprompt::cli

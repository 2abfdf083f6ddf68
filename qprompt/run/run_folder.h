#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/core/export.h"
#include "qprompt/inference/known_score.h"

namespace qprompt {

// What a training leaves behind in its folder RUN:
//   RUN/prompt.qprompt        the prompt, all that a classifier needs beside the model
//   RUN/prompt.classes.txt    the class names it was learned with, one a line
//   RUN/run.json              every setting and what came out, with the prompt's hash
// They are one state, and so are a prompt anywhere else and its names: what belongs to an old
// prompt goes before the new one comes, so that no kill and no full disk leaves one beside the
// other's. Other names of the same prompt replace the old ones at once.
inline constexpr char kPromptName[] = "prompt.qprompt";
inline constexpr char kReportName[] = "run.json";
// While a run is unfinished: what it is resumed from.
inline constexpr char kStateName[] = "training_state.safetensors";

// `record` is the text of a JSON object.
QPROMPT_API void save_run(const std::filesystem::path& folder, const PromptFile& prompt,
                          const std::vector<std::string>& class_names, const std::string& record);

// A prompt and the names beside it; without names it has none beside it.
QPROMPT_API void save_prompt(const PromptFile& prompt, const std::filesystem::path& path,
                             const std::optional<std::vector<std::string>>& class_names);

// Throws Error for a name that a file of one name a line cannot hold.
QPROMPT_API void require_one_a_line(const std::vector<std::string>& class_names);

// kUnfinished: `train` can go on with it.
enum class RunState { kNone, kUnfinished, kFinished };
QPROMPT_API RunState run_state(const std::filesystem::path& folder);

// `given` is a prompt file or a run folder.
QPROMPT_API std::filesystem::path prompt_path(const std::filesystem::path& given);

// P.classes.txt beside P.qprompt; beside a prompt with another ending that is kept:
// P.x.classes.txt.
QPROMPT_API std::filesystem::path class_names_path(const std::filesystem::path& prompt);

// The class names that lie beside a prompt; nothing when there are none. Throws Error where the
// run's record says that they are another prompt's.
QPROMPT_API std::optional<std::vector<std::string>> remembered_classes(
    const std::filesystem::path& prompt);

// Those in `names_file` where one is given, else those beside the prompt. Throws Error where there
// are neither.
QPROMPT_API std::vector<std::string> class_names_for(const std::filesystem::path& prompt,
                                                     const std::string& names_file);

// What held-out images of the run that `prompt` is of scored. Throws Error where it is of none, or
// of one that held none out.
QPROMPT_API HeldOutScores held_out_scores_of(const std::filesystem::path& prompt);

// Whether `data` (under `split`, empty without one) are what the run that `prompt` is of learned
// from.
QPROMPT_API bool is_data_of_run(const std::filesystem::path& data, const std::string& split,
                                const std::filesystem::path& prompt);

// The seed that divides a plain folder of images: `given`, else that of the run that `prompt` is
// of (so that its test images are not those it was learned from), else 1. Throws Error where the
// run's record is not there yet, or of another prompt.
QPROMPT_API std::uint64_t division_seed(const std::optional<std::uint64_t>& given,
                                        const std::filesystem::path& prompt);

}  // namespace qprompt

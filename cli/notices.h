#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qprompt/data/few_shot.h"
#include "qprompt/run/description.h"

// Lines on stderr about what was done otherwise than asked for.
namespace qprompt::cli {

// What was assumed of a checkpoint, a line each.
void tell_assumptions(const std::vector<std::string>& assumptions);

// What was understood of the data, in one line, and what is doubtful about them.
void tell_data(const std::string& path, const Dataset& dataset);

// What is doubtful about class names that a person gave.
void tell_names(const std::vector<std::string>& class_names);

// How many images --skip-bad-images left out, and the first; nothing where there were none.
void tell_skipped(const std::vector<std::string>& skipped);

// Where a preset's numbers come from; nothing without one.
void tell_preset(const std::optional<PresetUse>& preset);

// How many classes have fewer training images than shots, and the first.
void tell_scarce(const std::vector<ScarceClass>& scarce, int shots);

}  // namespace qprompt::cli

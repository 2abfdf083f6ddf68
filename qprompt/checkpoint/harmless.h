#pragma once

#include <span>
#include <string_view>

#include "qprompt/checkpoint/layout.h"

namespace qprompt {

// What a checkpoint may hold that changes no feature. All else is used or refused
// (docs/checkpoints.md has the whole table).

// A tensor by its name without wrappers: buffers that follow from the sizes, an optimiser's state.
bool is_harmless_tensor(Naming naming, std::string_view name);

// Keys of transformers' configuration: of training, of generation, of bookkeeping.
std::span<const char* const> harmless_config_keys();
// Keys of transformers' image processor: how it is called, and where its arrays lie.
std::span<const char* const> harmless_processor_keys();

}  // namespace qprompt

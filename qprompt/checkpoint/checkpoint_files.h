#pragma once

#include <filesystem>
#include <string>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/weights.h"

namespace qprompt {

// A checkpoint whose layout was recognised.
struct CheckpointFiles {
  std::filesystem::path path;
  std::string layout;
  Weights weights;
  ClipShape shape;
};

// Opens a folder or file of any layout, recognised from its content. Throws Error naming what was
// found and what was expected.
CheckpointFiles open_checkpoint_files(const std::filesystem::path& path);

}  // namespace qprompt

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/checkpoint/checkpoint_options.h"
#include "qprompt/checkpoint/weights.h"

namespace qprompt {

// A checkpoint whose layout was recognised.
struct CheckpointFiles {
  std::filesystem::path path;
  std::string layout;
  Weights weights;
  ClipShape shape;
  std::vector<std::string> assumptions = {};  // Checkpoint::assumptions()
};

// Opens a folder or file of any layout, recognised from its content. A file uses the configuration
// beside it. Throws Error naming what was found and what was expected.
CheckpointFiles open_checkpoint_files(const std::filesystem::path& path,
                                      const CheckpointOptions& options);

}  // namespace qprompt

#pragma once

#include <optional>

#include "qprompt/checkpoint/clip_shape.h"

namespace qprompt {

// Of each tower.
struct Heads {
  Index text = 0, image = 0;
  bool operator==(const Heads&) const = default;
};

// What neither tensors nor, beside some files, a configuration says. Saying otherwise than a
// configuration does is an Error.
struct CheckpointOptions {
  std::optional<Activation> activation{};  // of both towers
  std::optional<Heads> heads{};
};

}  // namespace qprompt

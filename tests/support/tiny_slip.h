#pragma once

#include "tests/support/tiny_clip.h"

namespace qprompt::testing {

// The tiny CLIP as SLIP's code would name it: no ln_pre, a bias in the patch embedding, and the
// head of its self-supervised loss, which nobody needs.
Tensors tiny_slip();

// What SLIP's training script saves: epoch, weights that a data-parallel wrapper prefixed, the
// optimiser's state, and the command line as an argparse.Namespace.
void write_slip_training(const std::filesystem::path& path, const Tensors& slip);

}  // namespace qprompt::testing

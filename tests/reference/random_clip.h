#pragma once

#include <vector>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/random.h"

namespace qprompt::reference {

// A CLIP with random weights, large enough that every term of every gradient matters.
struct RandomClip {
  ClipShape shape;
  TextStem text_stem;
  ImageStem image_stem;
  std::vector<BlockWeights> text_blocks, image_blocks;
};

RandomClip random_clip(const ClipShape& shape, std::uint64_t seed);

// Text width 8 with heads of 4, image width 6 with heads of 2, images of 4 x 4 pixels.
ClipShape tiny_shape(Activation activation);

}  // namespace qprompt::reference

#pragma once

#include "tests/support/tiny_clip.h"

namespace qprompt::testing {

// Numbers that tools/make_resnet_golden.py makes too: the i-th of the tensor `name`, in [0, 1).
double hashed_number(const std::string& name, std::size_t i);

// A CLIP with a ResNet image tower under OpenAI's names. Image tower: width 8, stages of 2, 1, 1
// and 2 bottlenecks, 256 channels, 4 heads, images of 64 pixels; text tower: width 64, 1 layer, MLP
// of 96; embed 16; context 7; 520 tokens. float16 holds its values exactly.
Tensors tiny_resnet_clip();
nlohmann::json tiny_resnet_config();  // open_clip's

// Noise on squares of 8 pixels of one colour each: [n, 3 * 64 * 64].
Matrix tiny_resnet_images(Index n);

}  // namespace qprompt::testing

#pragma once

#include <cstdint>

#include "qprompt/data/image.h"

namespace qprompt {

// A view of a picture as the image tower takes it, [size, size, 3]: the random one that `seed`
// draws, or the evaluation view where it is 0.
Image view_of(const Image& picture, std::uint64_t seed, int size);

}  // namespace qprompt

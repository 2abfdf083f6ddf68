#pragma once

#include <cstdint>

#include "qprompt/data/image.h"
#include "qprompt/data/preprocessing.h"

namespace qprompt {

// A view of a picture as the image tower takes it, [image_size, image_size, 3]: the random one that
// `seed` draws, or the evaluation view where it is 0.
Image view_of(const Image& picture, std::uint64_t seed, const Preprocessing& preprocessing);

}  // namespace qprompt

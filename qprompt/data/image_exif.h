#pragma once

#include <cstddef>
#include <span>

#include "qprompt/data/image.h"

namespace qprompt {

// How a camera was held, 1..8 as EXIF numbers it, of a JPEG, PNG or WebP; 1 (upright) where nothing
// is said or what is said is damaged, and for formats that decode_image() itself turns.
int exif_orientation(std::span<const std::byte> bytes);

// The picture as it was seen.
Image upright(const Image& stored, int orientation);

}  // namespace qprompt

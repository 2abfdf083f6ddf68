#pragma once

#include <array>
#include <span>

#include "qprompt/data/resize.h"

namespace qprompt {

// The evaluation view of CLIP: the shorter side resized to `size`, the centre cropped to
// size x size, as torchvision's Resize and CenterCrop do.
Image clip_preprocess(const Image& image, int size);

// (pixel / 255 - mean) / std into planes: [height, width, 3] -> [3, height, width].
void normalize(const Image& image, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> out);

}  // namespace qprompt

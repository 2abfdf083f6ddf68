#pragma once

#include <array>
#include <span>

#include "qprompt/data/resize.h"

namespace qprompt {

// The evaluation view, image_size x image_size: resized and cropped as torchvision's Resize and
// CenterCrop do, which give a smaller picture a border.
Image clip_preprocess(const Image& image, const Preprocessing& preprocessing);

// (pixel / 255 - mean) / std into planes: [height, width, 3] -> [3, height, width].
void normalize(const Image& image, const std::array<float, 3>& mean,
               const std::array<float, 3>& std, std::span<float> out);

}  // namespace qprompt

#pragma once

#include <array>

namespace qprompt {

// Which side of a picture, or what, becomes `resize_size`. Identities hash it: append only.
enum class ResizeMode {
  kShortest,  // the aspect stays
  kLongest,   // the aspect stays
  kSquash,    // both sides
  kNone,      // nothing: the picture is only cropped
};

// Pillow's antialiased filters. Identities hash it: append only.
enum class Interpolation { kBicubic, kBilinear, kLanczos };

// A model's evaluation transform; the defaults are CLIP's. Resize, centre crop to `image_size`
// (what is smaller gets a border), then (pixel / 255 - mean) / std.
struct Preprocessing {
  int image_size = 0;
  std::array<float, 3> mean{0.48145466f, 0.4578275f, 0.40821073f};
  std::array<float, 3> std{0.26862954f, 0.26130258f, 0.27577711f};
  ResizeMode resize_mode = ResizeMode::kShortest;
  Interpolation interpolation = Interpolation::kBicubic;
  int resize_size = 0;  // 0: image_size
  int fill = 0;         // grey level of the border
};

}  // namespace qprompt

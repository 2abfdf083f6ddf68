#pragma once

#include <cstdint>

#include "qprompt/data/image.h"
#include "qprompt/data/preprocessing.h"

namespace qprompt {

// A rectangle of pixels.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Box&) const = default;
};

// Where an output lies in the picture that would come out: only this part of it is computed.
struct ResizeWindow {
  std::int64_t full_width = 0;  // of the whole resized picture
  std::int64_t full_height = 0;
  std::int64_t x = 0;  // left upper corner of the part
  std::int64_t y = 0;
  int width = 0;  // size of the part
  int height = 0;
};

// Pillow's antialiased filters (bicubic: a = -0.5) on 8 bit, to the last bit: weights of 22
// fractional bits, columns first, rounded to 8 bit, then rows.
Image resize(const Image& image, int width, int height,
             Interpolation interpolation = Interpolation::kBicubic);

// Crops, then resizes: nothing outside `box` is looked at (torchvision's resized_crop).
Image resize_box(const Image& image, const Box& box, int width, int height,
                 Interpolation interpolation = Interpolation::kBicubic);

// Resizes, then crops: the same pixels as cropping the whole resized picture.
Image resize_window(const Image& image, const ResizeWindow& window,
                    Interpolation interpolation = Interpolation::kBicubic);

}  // namespace qprompt

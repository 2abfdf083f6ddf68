#pragma once

#include "qprompt/core/random.h"
#include "qprompt/data/resize.h"

namespace qprompt {

// What of an image the tower sees.
struct View {
  Box box;            // resized to the tower's square
  bool flip = false;  // left and right exchanged
  bool whole = true;  // the evaluation view of clip_preprocess; `box` is not read

  bool operator==(const View&) const = default;
};

View centre_view();

// torchvision's RandomResizedCrop (area 8 % .. 100 %, aspect 3:4 .. 4:3 uniform in its logarithm,
// ten tries, then the largest allowed box in the centre) and a flip half of the time.
View random_view(int width, int height, Random& random);

// [image_size, image_size, 3].
Image apply_view(const Image& image, const View& view, const Preprocessing& preprocessing);

}  // namespace qprompt

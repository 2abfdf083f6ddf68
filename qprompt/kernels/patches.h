#pragma once

#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// The patches of planar images as rows: images [n, 3 size size] -> [n (size/patch)^2, 3 patch
// patch], channel-major within a patch as a convolution kernel is.
void extract_patches(Stream& stream, const Matrix& images, Index size, Index patch, View patches);

// Rows of the image tower, image by image:
//   leading row | patch rows + positions | trailing rows
// patch_rows [n grid, width] and x [n (1 + grid + trailing.rows()), width], float32.
void assemble_image_rows(Stream& stream, const Vector& leading, ConstView patch_rows,
                         const Matrix& positions, const Matrix& trailing, View x);

// Rows of an attention pool, image by image: the mean of the map, then its pixels, plus positions.
// maps [n pixels, channels], positions [1 + pixels, channels], x [n (1 + pixels), channels],
// float32.
void assemble_map_rows(Stream& stream, ConstView maps, const Matrix& positions, View x);

}  // namespace qprompt::kernels

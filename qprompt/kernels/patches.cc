#include "qprompt/kernels/patches.h"

#include <algorithm>

#include "qprompt/kernels/convert.h"
#include "qprompt/kernels/onednn.h"
#include "qprompt/kernels/parallel.h"

namespace qprompt::kernels {
namespace {

// One patch of one image, to 3 * patch * patch consecutive values.
void copy_patch(const float* image, Index size, Index patch, Index row, Index col, float* to) {
  for (Index channel = 0; channel < 3; ++channel) {
    for (Index y = 0; y < patch; ++y) {
      const float* from = image + (channel * size + row * patch + y) * size + col * patch;
      to = std::copy_n(from, patch, to);
    }
  }
}

}  // namespace

void extract_patches(Stream& stream, const Matrix& images, Index size, Index patch, View patches) {
  const Index side = size / patch, grid = side * side;
  require(images.cols() == 3 * size * size && patches.rows == images.rows() * grid &&
              patches.cols == 3 * patch * patch,
          "extract_patches: images [", images.rows(), ", ", images.cols(), "], patches [",
          patches.rows, ", ", patches.cols, "]");
  const bool direct = patches.format == NumberFormat::kFloat32;
  Buffer& staging = stream.impl().source;
  if (!direct) staging.resize(patches.rows, patches.cols, NumberFormat::kFloat32);
  float* to = direct ? patches.data<float>() : staging.view().data<float>();
  parallel_for(stream.threads(), patches.rows, side, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const Index cell = r % grid;
      copy_patch(images.row(r / grid).data(), size, patch, cell / side, cell % side,
                 to + r * patches.cols);
    }
  });
  if (!direct) convert(stream.threads(), to, patches);
}

void assemble_image_rows(Stream& stream, const Vector& leading, ConstView patch_rows,
                         const Matrix& positions, const Matrix& trailing, View x) {
  const Index grid = positions.rows(), rows = 1 + grid + trailing.rows();
  require(
      x.rows % rows == 0 && patch_rows.rows == x.rows / rows * grid && x.cols == patch_rows.cols,
      "assemble_image_rows: ", patch_rows.rows, " patches into ", x.rows, " rows of ", rows);
  using Row = Eigen::Map<Eigen::RowVectorXf>;
  using ConstRow = Eigen::Map<const Eigen::RowVectorXf>;
  parallel_for(stream.threads(), x.rows, rows, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const Index image = r / rows, token = r % rows;
      Row row(x.data<float>() + r * x.cols, x.cols);
      if (token == 0) {
        row = leading;
      } else if (token <= grid) {
        const float* patch = patch_rows.data<float>() + (image * grid + token - 1) * x.cols;
        row = ConstRow(patch, x.cols) + positions.row(token - 1);
      } else {
        row = trailing.row(token - 1 - grid);
      }
    }
  });
}

void assemble_map_rows(Stream& stream, ConstView maps, const Matrix& positions, View x) {
  const Index rows = positions.rows(), pixels = rows - 1;
  require(x.rows % rows == 0 && maps.rows == x.rows / rows * pixels && x.cols == maps.cols &&
              positions.cols() == x.cols,
          "assemble_map_rows: ", maps.rows, " pixels into ", x.rows, " rows of ", rows);
  parallel_for(stream.threads(), x.rows / rows, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const Eigen::Map<const Matrix> map(maps.data<float>() + i * pixels * x.cols, pixels, x.cols);
      Eigen::Map<Matrix> tokens(x.data<float>() + i * rows * x.cols, rows, x.cols);
      tokens.row(0) = map.colwise().mean();
      tokens.bottomRows(pixels) = map;
      tokens += positions;
    }
  });
}

}  // namespace qprompt::kernels

#pragma once

#include <cstdint>
#include <memory>

#include "qprompt/core/matrix.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// Square feature maps are matrices [n side side, channels]: a row is a pixel.

struct ConvolutionShape {
  Index side = 0;  // of the input map
  Index kernel = 1;
  Index stride = 1;
};

// What happens to the sums before they are stored.
enum class Epilogue : std::uint8_t {
  kNone,
  kRelu,
  kAddRelu,  // y = max(0, convolution(x) + y): the end of a residual block
};

// A convolution with frozen weights, packed once for the device, padded by kernel / 2 on all sides.
// Forward only, float32.
class Convolution {
 public:
  // weight [out, in kernel kernel], channel-major; bias [out].
  Convolution(const Device& device, const Matrix& weight, const Vector& bias,
              const ConvolutionShape& shape, Epilogue epilogue);
  ~Convolution();
  Convolution(Convolution&&) noexcept;
  Convolution& operator=(Convolution&&) noexcept;

  Index inputs() const;
  Index outputs() const;
  Index side_out() const;  // of the output map

  // x [n side side, in] -> y [n side_out side_out, out], any n.
  void forward(Stream& stream, ConstView x, View y) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Means over squares of `size` x `size` pixels: x [n side side, channels] -> y [n (side/size)^2,
// channels]. float32.
void average_pool(Stream& stream, Index side, Index size, ConstView x, View y);

}  // namespace qprompt::kernels

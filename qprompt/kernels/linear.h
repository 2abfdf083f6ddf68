#pragma once

#include <memory>

#include "qprompt/core/matrix.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

enum class Differentiable : int { kNo, kYes };
enum class Products : int { kOfFormat, kInt8 };  // kInt8: int8_linear.h

// y = x W^T + b with frozen weights, packed once for the device. [n, in] -> [n, out], any n.
class Linear {
 public:
  // weight [out, in]; bias [out] or empty. Only a differentiable layer has a pull-back, and none
  // whose products are those of bytes.
  Linear(const Device& device, const Matrix& weight, const Vector& bias,
         Differentiable differentiable, NumberFormat format,
         Products products = Products::kOfFormat);
  ~Linear();
  Linear(Linear&&) noexcept;
  Linear& operator=(Linear&&) noexcept;

  Index inputs() const;
  Index outputs() const;

  void forward(Stream& stream, ConstView x, View y) const;
  void pull_back(Stream& stream, ConstView d_y, View d_x) const;  // d_x = d_y W

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qprompt::kernels

#pragma once

#include <memory>

#include "qprompt/core/matrix.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

// y = x W^T + b in products of bytes, for frozen weights that nothing is differentiated through.
// W is rounded to 8 bits with a scale for each output; a row of x to 8 bits between its own least
// and largest value, as it comes; sums have 32 bits:
//   w_c = s_c u_c,  x_r = t_r q_r + m_r,  y_rc = s_c (t_r <q_r, u_c> + m_r sum u_c) + b_c
// A row's result depends on nothing but the row: not on others, nor on the number of threads.
class Int8Linear {
 public:
  // weight [out, in]; bias [out] or empty.
  Int8Linear(const Device& device, const Matrix& weight, const Vector& bias);
  ~Int8Linear();
  Int8Linear(Int8Linear&&) noexcept;
  Int8Linear& operator=(Int8Linear&&) noexcept;

  void forward(Stream& stream, ConstView x, View y) const;  // any formats, [n, in] -> [n, out]

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qprompt::kernels

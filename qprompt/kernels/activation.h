#pragma once

#include <cstdint>

#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt::kernels {

enum class ActivationKind : std::uint8_t {
  kQuickGelu,  // x sigmoid(1.702 x), OpenAI's
  kGelu,       // x Phi(x), exact
};

// y = f(x), element by element; x and y of one format, y may be x.
void activate(Stream& stream, ActivationKind kind, ConstView x, View y);

// d_x = d_y f'(x); d_x may be d_y.
void activate_pull_back(Stream& stream, ActivationKind kind, ConstView x, ConstView d_y, View d_x);

}  // namespace qprompt::kernels

#pragma once

#include <cstdint>
#include <string>

#include "qprompt/core/matrix.h"

namespace qprompt {

// Bits are chosen per kind; biases are never quantized.
enum class ParameterKind : std::uint8_t { kContext, kProjection, kBias };

// A matrix that a method learns.
struct ParameterSpec {
  std::string name;
  Index rows = 0, cols = 0;
  ParameterKind kind = ParameterKind::kContext;
  bool stands_for_tokens = false;  // each row enters where a token's embedding would
};

}  // namespace qprompt

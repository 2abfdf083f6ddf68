#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "qprompt/formats/tensor.h"

namespace qprompt::testing {

using Weights = std::map<std::string, TensorView>;

// A copy of the model folder with other weights: `change` may rename, remove and replace tensors.
void copy_model(const std::filesystem::path& from, const std::filesystem::path& to,
                const std::function<void(Weights&)>& change);

// The tensor with its bytes changed by `change(byte, position)`.
TensorView with_bytes(const TensorView& tensor,
                      const std::function<std::byte(std::byte, std::size_t)>& change);

}  // namespace qprompt::testing

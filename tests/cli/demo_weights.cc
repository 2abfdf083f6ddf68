#include "tests/cli/demo_weights.h"

#include "qprompt/formats/safetensors.h"

namespace qprompt::testing {

namespace fs = std::filesystem;

void copy_model(const fs::path& from, const fs::path& to,
                const std::function<void(Weights&)>& change) {
  fs::copy(from, to);
  const Safetensors file(from / "model.safetensors");
  Weights weights = file.tensors();
  change(weights);
  write_tensors(to / "model.safetensors", weights);
}

TensorView with_bytes(const TensorView& tensor,
                      const std::function<std::byte(std::byte, std::size_t)>& change) {
  const auto bytes = std::make_shared<std::vector<std::byte>>();
  for (const std::byte byte : tensor.bytes) bytes->push_back(change(byte, bytes->size()));
  return {tensor.type, tensor.shape, *bytes, bytes};
}

}  // namespace qprompt::testing

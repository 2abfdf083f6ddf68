#include "qprompt/formats/safetensors.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  return fuzz::answered([&] {
    const Safetensors safetensors(file.path());
    for (const auto& [name, tensor] : safetensors.tensors()) {
      if (is_floating(tensor.type)) to_matrix(tensor);
    }
  });
}

#include "qprompt/formats/pickle.h"

#include "fuzz/fuzz.h"
#include "qprompt/formats/torch_pickle.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  return fuzz::answered([&] {
    const Pickle pickle(std::as_bytes(std::span(data, size)), "pickle");
    tensors_of(pickle.root(), "pickle");
  });
}

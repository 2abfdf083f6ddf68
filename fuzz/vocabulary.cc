#include "fuzz/fuzz.h"
#include "qprompt/tokenizer/tokenizer.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  return fuzz::answered([&] {
    const Tokenizer tokenizer = Tokenizer::load(file.path());
    tokenizer.decode(tokenizer.encode("A photo of a cat, aaa &amp; \xC3\xA9"));
  });
}

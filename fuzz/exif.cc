#include "fuzz/fuzz.h"
#include "qprompt/data/image_exif.h"
#include "qprompt/data/image_kind.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const auto bytes = std::as_bytes(std::span(data, size));
  const int orientation = exif_orientation(bytes);
  fuzz::expect(orientation >= 1 && orientation <= 8);
  fuzz::expect(!kind_of_content(bytes).empty());
  return 0;
}

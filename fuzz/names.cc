#include "fuzz/fuzz.h"
#include "qprompt/core/printable.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/class_names.h"

namespace qprompt::fuzz {
namespace {

void read(std::string_view bytes) {
  const std::string text = decoded_text(bytes, "text");
  expect(is_utf8(text));
  expect(is_utf8(repaired_text(text)) && is_utf8(folded_text(text)));
}

// A name that was read and written is read as the same.
void read_name(std::string_view bytes) {
  const std::string name = readable_name(bytes, "name: ");
  expect(is_utf8(name) && readable_name(name, "name: ") == name);
}

void read_list(std::string_view bytes) {
  const MemoryFile file(bytes);
  doubts_about_names(read_class_names(file.path()));
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt::fuzz;
  const std::string_view text = text_of(data, size);
  expect(qprompt::is_utf8(qprompt::printable(text)));
  answered([&] { read(text); });
  answered([&] { read_name(text); });
  return answered([&] { read_list(text); });
}

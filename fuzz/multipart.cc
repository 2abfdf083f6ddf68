#include "server/multipart.h"

#include "fuzz/fuzz.h"
#include "server/http.h"

namespace qprompt::fuzz {
namespace {

// Every part lies in the body.
void read_parts(std::string_view body) {
  constexpr std::size_t kMost = 8;
  const auto parts = server::parts_of("multipart/form-data; boundary=b", body, kMost);
  expect(parts.size() <= kMost);
  for (const server::Part& part : parts) {
    expect(!part.name.empty());
    expect(part.content.data() >= body.data());
    expect(part.content.data() + part.content.size() <= body.data() + body.size());
  }
}

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt::fuzz;
  try {
    read_parts(text_of(data, size));
  } catch (const qprompt::server::Problem&) {
    // As it should.
  }
  return 0;
}

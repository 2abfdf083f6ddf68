#include "qprompt/core/json.h"

#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "qprompt/data/dataset_sources.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const std::string_view text = fuzz::text_of(data, size);
  is_split_json(text);
  fuzz::answered([&] { summary(read_split_json(text, "split.json")); });
  return fuzz::answered([&] {
    const nlohmann::json json = parse_json(text, "file.json");
    fuzz::expect(parse_json(json.dump(), "file.json") == json);
  });
}

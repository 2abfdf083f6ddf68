#include "qprompt/data/csv.h"

#include "fuzz/fuzz.h"
#include "qprompt/data/dataset_sources.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt;
  const std::string_view text = fuzz::text_of(data, size);
  for (const char separator : {',', ' '}) {
    fuzz::answered([&] { parse_csv(text, "table.csv", separator); });
  }
  return fuzz::answered([&] { summary(read_table(text, "table.csv", {})); });
}

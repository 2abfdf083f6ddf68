#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "qprompt/core/export.h"
#include "qprompt/data/dataset.h"

namespace qprompt {

// Which images an adapted model is tested on, and among which classes.
struct TestSetRequest {
  std::filesystem::path data;    // a place, or the name of a known data set
  DataOptions options;           // `seed` and `whole` are decided here
  std::filesystem::path prompt;  // empty: zero-shot
  std::string classes;           // "all", "base" or "new" of the data, a file of names, or empty
  std::optional<std::uint64_t> seed;  // of the division
};

struct TestSet {
  Dataset data;       // as it was understood
  Dataset chosen;     // what is tested: labels are positions among the classes that are asked about
  std::string whose;  // "of the prompt", "of the data (base)", "of FILE"
  std::uint64_t seed = 1;
};

// Data that came without a division are tested whole, unless they are those of the prompt's run,
// whose own test images are tested, or a seed is given. Asked is among the classes that the prompt
// remembers where they hold all classes of the images; else among those of the data. Throws Error
// for no test images.
QPROMPT_API TestSet test_set(const TestSetRequest& request);

}  // namespace qprompt

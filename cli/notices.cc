#include "cli/notices.h"

#include <fmt/format.h>

namespace qprompt::cli {

void tell_assumptions(const std::vector<std::string>& assumptions) {
  for (const std::string& line : assumptions) fmt::print(stderr, "{}\n", line);
}

void tell_skipped(const std::vector<std::string>& skipped) {
  if (skipped.empty()) return;
  fmt::print(stderr, "damaged images skipped: {}; the first: {}\n", skipped.size(),
             skipped.front());
}

void tell_preset(const std::optional<PresetUse>& preset) {
  if (preset) fmt::print(stderr, "preset {}: {}\n", preset->name, preset->source);
}

void tell_scarce(const std::vector<ScarceClass>& scarce, int shots) {
  for (const ScarceClass& scarce_class : scarce) {
    fmt::print(stderr, "'{}' has {} training images, fewer than {} shots: all are used\n",
               scarce_class.name, scarce_class.images, shots);
  }
}

}  // namespace qprompt::cli

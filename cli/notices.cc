#include "cli/notices.h"

#include "cli/console.h"

namespace qprompt::cli {

void tell_skipped(const std::vector<std::string>& skipped) {
  if (skipped.empty()) return;
  tell("damaged images skipped: {}; the first: {}\n", skipped.size(), skipped.front());
}

void tell_preset(const std::optional<PresetUse>& preset) {
  if (preset) tell("preset {}: {}\n", preset->name, preset->source);
}

void tell_scarce(const std::vector<ScarceClass>& scarce, int shots) {
  for (const ScarceClass& scarce_class : scarce) {
    tell("'{}' has {} training images, fewer than {} shots: all are used\n", scarce_class.name,
         scarce_class.images, shots);
  }
}

}  // namespace qprompt::cli

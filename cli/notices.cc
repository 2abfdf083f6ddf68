#include "cli/notices.h"

#include "cli/console.h"
#include "qprompt/data/class_names.h"

namespace qprompt::cli {

void tell_assumptions(const std::vector<std::string>& assumptions) {
  for (const std::string& line : assumptions) tell("notice: {}", line);
}

void tell_data(const std::string& path, const Dataset& dataset) {
  tell("{}: {}", path, summary(dataset));
  for (const std::string& notice : dataset.notices) tell("notice: {}", notice);
}

void tell_names(const std::vector<std::string>& class_names) {
  for (const std::string& doubt : doubts_about_names(class_names)) {
    tell("notice: {}", doubt);
  }
}

void tell_skipped(const std::vector<std::string>& skipped) {
  if (skipped.empty()) return;
  tell("damaged images skipped: {}; the first: {}", skipped.size(), skipped.front());
}

void tell_preset(const std::optional<PresetUse>& preset) {
  if (preset) tell("preset {}: {}", preset->name, preset->source);
}

void tell_scarce(const std::vector<ScarceClass>& scarce, int shots) {
  if (scarce.empty()) return;
  const ScarceClass& first = scarce.front();
  tell("{} class{} with fewer than {} training images, all of which are used: '{}' has {}{}",
       scarce.size(), scarce.size() == 1 ? "" : "es", shots, first.name, first.images,
       scarce.size() == 1 ? "" : ", ...");
}

}  // namespace qprompt::cli

#include "qprompt/run/resumption.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/hash.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"

namespace qprompt {

void Resumption::require_same_kind() const {
  if (!options_.resume) return;
  const std::string folder = options_.folder.string();
  const bool chose = was_choosing(options_.folder / kEventsName);
  const bool learned = std::filesystem::exists(state_path());
  require(spec_.method.tune || !chose, folder,
          ": settings were being chosen here; --tune goes on with that");
  require(!spec_.method.tune || chose || !learned, folder,
          ": this run was begun without --tune; resume it without");
}

std::string Resumption::settings_of(const LearnConfig& config) const {
  nlohmann::ordered_json settings = as_json(config);
  settings.erase("lr");
  add_circumstances(settings);
  return json_line(settings);
}

std::optional<TrainingState> Resumption::state(const std::string& settings) const {
  if (!options_.resume) return std::nullopt;
  if (std::filesystem::exists(state_path())) return load_state_file(state_path(), settings);
  require(run_state(options_.folder) != RunState::kFinished, options_.folder.string(),
          ": this run is finished");
  return std::nullopt;
}

std::string Resumption::choice() const {
  nlohmann::ordered_json settings = settings_as_json(spec_.method);
  settings.erase("budget");
  add_circumstances(settings);
  return hex64(hash64(json_line(settings)));
}

TriedBefore Resumption::tried() const {
  if (!options_.resume) return {};
  return tried_before(options_.folder / kEventsName, choice());
}

void Resumption::add_circumstances(nlohmann::ordered_json& settings) const {
  settings["model"] = hex64(model_.identity());
  settings["precision"] = kernels::precision_name(model_.device().info());
  settings["tokenizer"] = options_.tokenizer;
  settings["exif"] = spec_.data->description.exif;
  settings["images"] = hex64(spec_.data->source_hash);
}

}  // namespace qprompt

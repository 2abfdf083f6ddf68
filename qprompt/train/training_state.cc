#include "qprompt/train/training_state.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"
#include "qprompt/core/json.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/formats/safetensors.h"

namespace qprompt {
namespace {

using Json = nlohmann::ordered_json;
using Metadata = std::map<std::string, std::string>;

void put(const std::string& prefix, const ParameterMap& values, ParameterMap& tensors) {
  for (const auto& [name, matrix] : values) tensors[prefix + name] = matrix;
}

ParameterMap take(const std::string& prefix, const ParameterMap& tensors) {
  ParameterMap values;
  for (const auto& [key, matrix] : tensors) {
    if (key.starts_with(prefix)) values[key.substr(prefix.size())] = matrix;
  }
  return values;
}

// store_state() has keys of its own; two states are told apart by a prefix before them.
void put(const std::string& prefix, const QuantizedValues& candidate, ParameterMap& tensors,
         Metadata& metadata) {
  ParameterMap own;
  Metadata own_metadata;
  store_state(candidate.quantizer, own, own_metadata);
  for (const auto& [name, matrix] : candidate.values) own["values." + name] = matrix;
  put(prefix, own, tensors);
  for (const auto& [key, line] : own_metadata) metadata[prefix + key] = line;
}

QuantizedValues take(const std::string& prefix, const ParameterMap& tensors,
                     const Metadata& metadata) {
  const ParameterMap own = take(prefix, tensors);
  Metadata own_metadata;
  for (const auto& [key, line] : metadata) {
    if (key.starts_with(prefix)) own_metadata[key.substr(prefix.size())] = line;
  }
  return {take("values.", own), load_state(own, own_metadata)};
}

// The first field in which two lists of settings differ: " (shots 16, now 8)".
std::string difference(const std::string& saved, const std::string& now) {
  const Json before = Json::parse(saved, nullptr, false), after = Json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return "";
  for (const auto& [field, value] : before.items()) {
    const Json other = after.value(field, Json());
    if (other != value) return " (" + field + " " + value.dump() + ", now " + other.dump() + ")";
  }
  return "";
}

constexpr char kChecksum[] = "checksum";

std::string checksum(const ParameterMap& tensors, const Metadata& metadata) {
  std::uint64_t hash = 0;
  for (const auto& [name, matrix] : tensors) {
    hash = hash64(std::as_bytes(values_of(matrix)), hash64(name, hash));
  }
  for (const auto& [key, line] : metadata) {
    if (key != kChecksum) hash = hash64(line, hash64(key, hash));
  }
  return hex64(hash);
}

}  // namespace

void save_state_file(const TrainingState& state, const std::string& settings,
                     const std::filesystem::path& path) {
  ParameterMap tensors;
  Json progress{{"steps", state.steps}, {"chosen_epoch", state.chosen_epoch}};
  for (const EpochReport& epoch : state.epochs) progress["epochs"].push_back(fields_as_json(epoch));
  Metadata metadata{{"settings", settings}, {"progress", progress.dump()}};
  put("velocity.", state.velocity, tensors);
  put("squares.", state.squares, tensors);
  put("current.", state.current, tensors, metadata);
  put("chosen.", state.chosen, tensors, metadata);
  metadata[kChecksum] = checksum(tensors, metadata);
  write_safetensors(path, tensors, metadata);
}

TrainingState load_state_file(const std::filesystem::path& path, const std::string& settings) {
  const Safetensors file(path);
  const auto line = [&](const std::string& key) {
    const auto found = file.metadata().find(key);
    require(found != file.metadata().end(), path.string(), ": not a training state, '", key,
            "' is missing");
    return found->second;
  };
  require(line("settings") == settings, path.string(), ": the run was begun with other settings",
          difference(line("settings"), settings), "; resume it with the same command line");
  ParameterMap tensors;
  for (const auto& [name, view] : file.tensors()) tensors[name] = to_matrix(view);
  require(line(kChecksum) == checksum(tensors, file.metadata()), path.string(), ": damaged");
  const nlohmann::json progress = parse_json(line("progress"), path);
  TrainingState state;
  try {
    state.steps = progress.at("steps");
    state.chosen_epoch = progress.at("chosen_epoch");
    for (const auto& epoch : progress.at("epochs"))
      state.epochs.push_back(fields_from_json<EpochReport>(epoch));
  } catch (const nlohmann::json::exception& error) {
    fail(path.string(), ": not a training state (", error.what(), ")");
  }
  return naming(path.string(), [&] {
    state.velocity = take("velocity.", tensors);
    state.squares = take("squares.", tensors);
    state.current = take("current.", tensors, file.metadata());
    state.chosen = take("chosen.", tensors, file.metadata());
    return state;
  });
}

}  // namespace qprompt

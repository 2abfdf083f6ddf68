#pragma once

// What came out of a command as a JSON record: every setting, enough to repeat it, and what was
// measured. Quantities are listed by the structs that hold them (visit_fields), not here.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/eval/metrics.h"
#include "qprompt/eval/selective.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/run/description.h"
#include "qprompt/run/run_spec.h"
#include "qprompt/train/learn.h"

namespace qprompt {

// The program's version, which is part of what a run is.
std::string record_version();

// The name of an image below `root`, an absolute path, however it was called; as it is elsewhere.
std::string name_within(const std::string& image, const std::string& root);

// What every record begins with.
nlohmann::ordered_json record_header(const std::string& command, const Model& model);

nlohmann::ordered_json as_json(const DataDescription& data);
nlohmann::ordered_json as_json(const std::optional<PresetUse>& preset);  // null without one

nlohmann::ordered_json as_json(const LearnConfig& config);
nlohmann::ordered_json settings_as_json(const MethodConfig& method);
nlohmann::ordered_json settings_as_json(const Method& method);
nlohmann::ordered_json as_json(const TuneCandidate& candidate);
nlohmann::ordered_json as_json(const Learned& learned);
nlohmann::ordered_json nothing_learned();  // of zero-shot, in the same fields
// The 95 % interval of an accuracy, [low, high].
nlohmann::ordered_json interval_json(Index correct, Index images);
// Images, accuracies and calibration, without what is of single classes.
nlohmann::ordered_json accuracies_as_json(const Metrics& metrics);
// "points" and "aurc".
nlohmann::ordered_json as_json(const RiskCoverage& curve);
// With "per_class" and "confusions" under the classes' names.
nlohmann::ordered_json as_json(const Metrics& metrics, const std::vector<std::string>& class_names);
nlohmann::ordered_json as_json(const Classification& result);
// "images" and "skipped_images".
nlohmann::ordered_json as_json(const std::vector<Classification>& results);
// Why damaged images could not be read, one line each.
std::vector<std::string> damages(const std::vector<Classification>& results);

// Indented, with a line end; and on one line without. Bytes that are not UTF-8, as paths may have
// them, become U+FFFD.
std::string json_text(const nlohmann::ordered_json& json);
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace qprompt

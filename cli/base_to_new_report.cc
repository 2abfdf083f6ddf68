#include "cli/base_to_new_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

// One run has no deviation.
std::string percent(const MeanAndDeviation& value, bool several) {
  if (!several) return fmt::format("{:6.2f}", 100 * value.mean);
  return fmt::format("{:6.2f} +-{:5.2f}", 100 * value.mean, 100 * value.deviation);
}

// Without what the protocol decides itself, which stands beside the methods.
nlohmann::ordered_json settings_json(const ProtocolEntry& entry) {
  if (!entry.learn) return {{"templates", entry.templates}};
  nlohmann::ordered_json settings = as_json(*entry.learn);
  for (const char* field : {"classes", "shots", "seed", "train_seed"}) settings.erase(field);
  return settings;
}

}  // namespace

nlohmann::ordered_json table_json(const std::vector<ProtocolEntry>& entries,
                                  const BaseToNewOptions& options, const BaseToNewResult& result) {
  nlohmann::ordered_json json;
  json["settings"] = {{"shots", options.shots}, {"seeds", options.seeds}};
  for (const ProtocolEntry& entry : entries) {
    json["settings"]["methods"][entry.name] = settings_json(entry);
  }
  json["base"] = {{"classes", result.base_classes}, {"images", result.base_images}};
  json["new"] = {{"classes", result.new_classes}, {"images", result.new_images}};
  for (const BaseToNewRow& row : summarize(result.runs)) {
    json["rows"].push_back(fields_as_json(row));
  }
  for (const BaseToNewRun& run : result.runs) json["runs"].push_back(fields_as_json(run));
  return json;
}

ProtocolEntry protocol_entry(const std::string& name, const Settings& settings,
                             const std::vector<std::string>& templates,
                             std::set<std::string>& unknown) {
  if (name != "zeroshot") return {name, named_config(name, settings, unknown), {}};
  return {name, std::nullopt, templates};
}

void tell_run(const BaseToNewRun& run) {
  const std::string order =
      run.train_seed == run.seed ? "" : fmt::format(", batch order {}", run.train_seed);
  tell("{} seed {}{}: base {:.2f}, new {:.2f}, H {:.2f}, {:.1f} s\n", run.method, run.seed, order,
       100 * run.base, 100 * run.novel, 100 * run.harmonic(), run.seconds);
  for (const std::string& reason : run.bits_reasons) tell("bits of {}\n", reason);
}

std::string table_text(const std::vector<BaseToNewRow>& rows) {
  std::string text = fmt::format("{:<16} {:>15} {:>15} {:>15} {:>9} {:>8} {:>8}\n", "method",
                                 "base", "new", "H", "H(means)", "bytes", "seconds");
  for (const BaseToNewRow& row : rows) {
    text += fmt::format("{:<16} {:>15} {:>15} {:>15} {:>9.2f} {:>8} {:>8.1f}\n", row.method,
                        percent(row.base, row.runs > 1), percent(row.novel, row.runs > 1),
                        percent(row.harmonic, row.runs > 1), 100 * row.harmonic_of_means,
                        row.payload_bytes, row.seconds);
  }
  return text;
}

}  // namespace qprompt::cli

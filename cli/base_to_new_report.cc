#include "cli/base_to_new_report.h"

#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/learn_arguments.h"

namespace qprompt::cli {
namespace {

std::string percent(const MeanAndDeviation& value) {
  return fmt::format("{:6.2f} +-{:5.2f}", 100 * value.mean, 100 * value.deviation);
}

nlohmann::ordered_json as_json(const MeanAndDeviation& value) {
  return {{"mean", value.mean}, {"std", value.deviation}};
}

nlohmann::ordered_json as_json(const BaseToNewRow& row) {
  return {{"method", row.method},
          {"runs", row.runs},
          {"base", as_json(row.base)},
          {"new", as_json(row.novel)},
          {"h", as_json(row.harmonic)},
          {"h_of_means", row.harmonic_of_means},
          {"payload_bytes", row.payload_bytes},
          {"file_bytes", row.file_bytes},
          {"seconds", row.seconds}};
}

nlohmann::ordered_json as_json(const BaseToNewRun& run) {
  nlohmann::ordered_json json{{"method", run.method},
                              {"seed", run.seed},
                              {"train_seed", run.train_seed},
                              {"base", run.base},
                              {"new", run.novel},
                              {"h", run.harmonic()},
                              {"clusterings", run.clusterings},
                              {"payload_bytes", run.payload_bytes},
                              {"file_bytes", run.file_bytes},
                              {"seconds", run.seconds}};
  if (!run.bits_reasons.empty()) json["bits_reasons"] = run.bits_reasons;
  return json;
}

// Without what the protocol decides itself, which stands beside the methods.
nlohmann::ordered_json settings_of(const ProtocolEntry& entry) {
  if (!entry.learn) return {{"templates", entry.templates}};
  nlohmann::ordered_json settings = learn_config_as_json(*entry.learn);
  for (const char* field : {"classes", "shots", "seed", "train_seed"}) settings.erase(field);
  return settings;
}

}  // namespace

ProtocolEntry protocol_entry(const std::string& name, const Settings& settings,
                             const std::vector<std::string>& templates,
                             std::set<std::string>& unknown) {
  if (name != "zeroshot") return {name, named_config(name, settings, unknown), {}};
  return {name, std::nullopt, templates};
}

void tell_run(const BaseToNewRun& run) {
  fmt::print(stderr, "{} seed {}.{}: base {:.2f}, new {:.2f}, H {:.2f}, {:.1f} s\n", run.method,
             run.seed, run.train_seed, 100 * run.base, 100 * run.novel, 100 * run.harmonic(),
             run.seconds);
  for (const std::string& reason : run.bits_reasons) fmt::print(stderr, "bits of {}\n", reason);
}

std::string table_text(const std::vector<BaseToNewRow>& rows) {
  std::string text = fmt::format("{:<16} {:>15} {:>15} {:>15} {:>9} {:>8} {:>8}\n", "method",
                                 "base", "new", "H", "H(means)", "bytes", "seconds");
  for (const BaseToNewRow& row : rows) {
    text += fmt::format("{:<16} {:>15} {:>15} {:>15} {:>9.2f} {:>8} {:>8.1f}\n", row.method,
                        percent(row.base), percent(row.novel), percent(row.harmonic),
                        100 * row.harmonic_of_means, row.payload_bytes, row.seconds);
  }
  return text;
}

void add_protocol(nlohmann::ordered_json& report, const std::vector<ProtocolEntry>& entries,
                  const BaseToNewOptions& options, const BaseToNewResult& result) {
  report["settings"] = {
      {"shots", options.shots}, {"seeds", options.seeds}, {"train_seeds", options.train_seeds}};
  for (const ProtocolEntry& entry : entries) {
    report["settings"]["methods"][entry.name] = settings_of(entry);
  }
  report["base"] = {{"classes", result.base_classes}, {"images", result.base_images}};
  report["new"] = {{"classes", result.new_classes}, {"images", result.new_images}};
  report["skipped_images"] = result.skipped;
  report["interrupted"] = result.interrupted;
  if (!result.failure.empty()) report["failure"] = result.failure;
  for (const BaseToNewRow& row : summarize(result.runs)) report["rows"].push_back(as_json(row));
  for (const BaseToNewRun& run : result.runs) report["runs"].push_back(as_json(run));
}

}  // namespace qprompt::cli

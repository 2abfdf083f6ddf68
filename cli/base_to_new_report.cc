#include "cli/base_to_new_report.h"

#include <fmt/format.h>

#include "cli/console.h"

namespace qprompt::cli {
namespace {

// One run has no deviation.
std::string percent(const MeanAndDeviation& value, bool several) {
  if (!several) return fmt::format("{:6.2f}", 100 * value.mean);
  return fmt::format("{:6.2f} +-{:5.2f}", 100 * value.mean, 100 * value.deviation);
}

}  // namespace

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

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/record_arguments.h"
#include "qprompt/core/error.h"
#include "qprompt/report/paired.h"
#include "qprompt/report/table_text.h"

namespace qprompt::cli {
namespace {

constexpr char kCompareExamples[] = R"(Examples:
  qprompt compare runs
  qprompt compare runs --baseline coop
  qprompt compare runs --baseline "qcoop bits=2" --json differences.json
A pair is two runs of the same experiment, model, data, shots and seeds. Differences are points of
per cent: their mean, the population standard deviation over the pairs, and how many are above 0.)";

struct CompareArguments {
  RecordArguments records;
  std::string baseline;
  JsonArgument json;
  OverwriteArgument overwrite;
};

nlohmann::ordered_json differences_as_json(
    const std::vector<report::PairedDifference>& differences) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const report::PairedDifference& each : differences) {
    list.push_back(
        {{"experiment", each.experiment},
         {"label", each.label},
         {"against", each.against},
         {"measure", each.measure},
         {"difference", {{"mean", each.difference.mean}, {"std", each.difference.deviation}}},
         {"wins", each.wins},
         {"ties", each.ties},
         {"pairs", each.pairs}});
  }
  return {{"differences", std::move(list)}};
}

void run_compare(const CompareArguments& arguments) {
  arguments.overwrite.require_writable({arguments.json.path}, arguments.records.paths);
  const report::Records records = arguments.records.read();
  const auto differences = paired_differences(records.runs, arguments.baseline);
  require(!differences.empty(), arguments.records.paths.front(),
          ": no two runs of different methods that share experiment, data, shots and seeds");
  arguments.json.write([&] { return differences_as_json(differences); });
  if (!arguments.json.to_stdout()) print("{}", plain_text(paired_table(differences)));
}

}  // namespace

void add_compare_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("compare", "paired differences between methods, from records of runs")
          ->footer(kCompareExamples);
  auto arguments = std::make_shared<CompareArguments>();
  arguments->records.add_to(*command);
  command
      ->add_option("--baseline", arguments->baseline,
                   "compare all with this method or label alone; default: every two")
      ->type_name("METHOD");
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_compare(*arguments); });
}

}  // namespace qprompt::cli

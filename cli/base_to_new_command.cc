#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/base_to_new_report.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "qprompt/core/error.h"

namespace qprompt::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  qprompt base-to-new --model M --data photos
  qprompt base-to-new --model M --data eurosat/2750 --split split_zhou_EuroSAT.json \
      --methods zeroshot,coop,qcoop --seeds 1,2,3 --json table.json
Methods: zeroshot; coop (full precision); qcoop (quantized); coop-noise (Gaussian noise).)";

struct BaseToNewArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  JsonArgument json;
  LearnConfig learn;
  CoOpConfig coop;
  std::vector<std::string> methods{"zeroshot", "coop", "qcoop"};
  std::vector<std::string> templates{"a photo of a {}."};
  std::vector<std::uint64_t> seeds{1, 2, 3};
  std::vector<std::uint64_t> train_seeds;
};

std::vector<ProtocolEntry> entries_of(const BaseToNewArguments& arguments) {
  std::vector<ProtocolEntry> entries;
  for (const std::string& name : arguments.methods) {
    entries.push_back(protocol_entry(name, arguments.learn, arguments.templates));
  }
  return entries;
}

void show(const BaseToNewResult& result) {
  fmt::print("{}", table_text(summarize(result.runs)));
  if (result.interrupted) fmt::print("interrupted: {} runs finished\n", result.runs.size());
}

void run_base_to_new(const BaseToNewArguments& arguments) {
  arguments.json.require_writable();
  const std::vector<ProtocolEntry> entries = entries_of(arguments);
  const Model model = arguments.model.load();
  const Dataset dataset = arguments.data.load(arguments.seeds.front());
  BaseToNewOptions options;
  options.seeds = arguments.seeds;
  options.train_seeds = arguments.train_seeds;
  options.shots = arguments.learn.shots;
  options.features = arguments.features.options("images");
  options.observer.stop = interrupted;
  options.on_run = tell_run;
  const BaseToNewResult result = base_to_new(model, dataset, entries, options);
  nlohmann::ordered_json report = report_header("base-to-new", model);
  report["data"] = {{"path", arguments.data.data}, {"split", arguments.data.split}};
  add_protocol(report, entries, options, result);
  tell_skipped(result.skipped);
  tell_scarce(result.scarce, options.shots);
  arguments.json.write(report);
  if (!arguments.json.to_stdout()) show(result);
}

}  // namespace

void add_base_to_new_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("base-to-new",
                         "learn on the first half of the classes, test on both: one table")
          ->footer(kExamples);
  auto arguments = std::make_shared<BaseToNewArguments>();
  arguments->model.add_to(*command);
  arguments->data.add_to(*command);
  command->add_option("--methods", arguments->methods, "methods to compare")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--seeds", arguments->seeds, "each draws other shots")
      ->delimiter(',')
      ->capture_default_str();
  command
      ->add_option("--train-seeds", arguments->train_seeds,
                   "batch orders and views tried with each seed; default: the seed itself")
      ->delimiter(',');
  command->add_option("--template", arguments->templates, "of zero-shot; several are averaged")
      ->capture_default_str();
  add_learn_flags(*command, arguments->learn, arguments->coop,
                  {"classes", "seed", "train_seed", "quantizer"});
  arguments->json.add_to(*command);
  arguments->features.add_to(*command);
  command->callback([arguments, command] {
    arguments->learn.method = settled_method(*command, arguments->coop);
    run_base_to_new(*arguments);
  });
}

}  // namespace qprompt::cli

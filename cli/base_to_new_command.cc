#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/base_to_new_report.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/learn_arguments.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "qprompt/core/error.h"
#include "qprompt/data/templates.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

constexpr char kBaseToNewExamples[] = R"(Examples:
  qprompt base-to-new --model M --data photos
  qprompt base-to-new --model M --data eurosat/2750 --split split_zhou_EuroSAT.json \
      --methods zeroshot,coop,qcoop --seeds 1,2,3 --json table.json
  qprompt base-to-new --model M --data photos --methods maple,qmaple,promptsrc --bits 4
Methods: zeroshot, coop, cocoop, vpt, language, ivlp, maple, kgcoop, prograd, promptsrc; on features
clip-adapter, tip-adapter, tip-adapter-f, clap (linear-probe, gaussian and class-means say nothing of
new classes). With q before it quantized (qcoop), with -noise behind it under Gaussian noise (coop-noise), with +kgcoop,
+prograd or +promptsrc under a regularizer (qmaple+kgcoop). Flags are for those methods that have
them. promptsrc is ivlp+promptsrc; --preset promptsrc-base2new adds its templates and average.)";

struct BaseToNewArguments {
  ModelArguments model;
  DataArguments data;
  FeatureArguments features;
  JsonArgument json;
  OverwriteArgument overwrite;
  LearnArguments learn;
  std::vector<std::string> methods{"zeroshot", "coop", "qcoop"};
  std::vector<std::string> templates{"a photo of a {}."};
  std::vector<std::uint64_t> seeds{1, 2, 3};
  std::vector<std::uint64_t> train_seeds;
};

// Names say which methods are quantized: a flag that says otherwise would make a row's name untrue.
void require_quantizer_of_names(const LearnArguments& learn) {
  const std::string quantizer = learn.given("quantizer");
  if (quantizer != "none" && quantizer != "noise") return;
  throw CLI::ValidationError("--quantizer " + quantizer +
                             ": the names of --methods say it: coop, qcoop, coop-noise");
}

// A flag that no method of the table has is an error.
std::vector<ProtocolEntry> entries_of(const BaseToNewArguments& arguments, const Dataset& dataset) {
  require_quantizer_of_names(arguments.learn);
  const Settings settings = arguments.learn.settings();
  std::set<std::string> unknown_to_all;
  for (const auto& [field, text] : settings) unknown_to_all.insert(field);
  const std::vector<std::string> templates = templates_for(arguments.templates, dataset.name);
  std::vector<ProtocolEntry> entries;
  bool learns = false;
  for (const std::string& name : arguments.methods) {
    std::set<std::string> unknown;
    entries.push_back(protocol_entry(name, settings, templates, unknown));
    if (!entries.back().learn) continue;
    learns = true;
    std::erase_if(unknown_to_all, [&](const auto& field) { return !unknown.contains(field); });
  }
  if (learns && !unknown_to_all.empty()) fail_unknown_flags(unknown_to_all, "these methods");
  return entries;
}

int shots_of(const std::vector<ProtocolEntry>& entries) {
  for (const ProtocolEntry& entry : entries) {
    if (entry.learn) return entry.learn->shots;
  }
  return LearnConfig{}.shots;
}

void show(const BaseToNewResult& result) {
  if (!result.runs.empty()) print("{}", table_text(summarize(result.runs)));
  if (result.interrupted) print("interrupted: {} runs finished\n", result.runs.size());
}

void run_base_to_new(const BaseToNewArguments& arguments) {
  arguments.overwrite.require_writable(
      {arguments.json.path},
      joined({arguments.model.inputs(), arguments.data.inputs(), arguments.templates}));
  tell_preset(arguments.learn.preset_use());
  const Dataset dataset = arguments.data.load(arguments.seeds.front());
  const std::vector<ProtocolEntry> entries = entries_of(arguments, dataset);
  const Model model = arguments.model.load();
  BaseToNewOptions options;
  options.seeds = arguments.seeds;
  options.train_seeds = arguments.train_seeds;
  options.shots = shots_of(entries);
  options.features = arguments.features.options("images");
  options.observer.stop = interrupted;
  options.on_run = tell_run;
  const BaseToNewResult result = base_to_new(model, dataset, entries, options);
  tell_skipped(result.skipped);
  tell_scarce(result.scarce, options.shots);
  arguments.json.write([&] {
    nlohmann::ordered_json report = record_header("base-to-new", model);
    report["data"] = as_json(arguments.data.description(dataset));
    report["preset"] = as_json(arguments.learn.preset_use());
    report.update(as_json(entries, options, result));
    return report;
  });
  if (!arguments.json.to_stdout()) show(result);
  if (!result.failure.empty()) fail(result.failure, "; the runs before it are in the report");
}

}  // namespace

void add_base_to_new_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("base-to-new",
                         "learn on the first half of the classes, test on both: one table")
          ->footer(kBaseToNewExamples);
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
  command
      ->add_option("--template", arguments->templates,
                   "of zero-shot: sentences, imagenet-7, imagenet-80, dataset or a file; averaged")
      ->capture_default_str();
  arguments->learn.add_to(*command, {"method", "classes", "seed", "train_seed", "regularizer"});
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  arguments->features.add_to(*command);
  show_first(*command, {"model", "data", "split", "methods", "seeds", "shots", "epochs", "bits",
                        "json", "force"});
  command->callback([arguments] { run_base_to_new(*arguments); });
}

}  // namespace qprompt::cli

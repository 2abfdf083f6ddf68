#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/demo_page.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "cli/sweep_report.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

constexpr char kDemoExamples[] = R"(Examples:
  qprompt demo
  qprompt demo --output /tmp/demo --seeds 4,5,6
Needs nothing from outside: a tiny CLIP and its pictures come with the program.)";

struct DemoArguments {
  std::string output = "qprompt-demo";
  std::string assets;
  kernels::DeviceOptions device;
  ExperimentRequest request = demo_request();
  OverwriteArgument overwrite;
};

nlohmann::ordered_json scores_as_json(const std::vector<ClassScore>& scores) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ClassScore& score : scores) {
    json.push_back({{"class", score.class_name}, {"probability", score.probability}});
  }
  return json;
}

// Its runs have records of their own, below `output`.
nlohmann::ordered_json record_of(const DemoResult& result, const Model& model,
                                 const std::filesystem::path& output, double seconds) {
  nlohmann::ordered_json record = record_header("demo", model);
  record["label"] = kTunedName;
  record["data"] = as_json(result.data->description);
  for (const DemoChoice& choice : result.choices) {
    record["chosen"].push_back({{"seed", choice.seed}, {"settings", choice.chosen}});
  }
  for (const report::RunRecord& run : result.records.runs) {
    record["records"].push_back(name_within(run.file.string(), output.string()));
  }
  for (const ClassifiedPicture& picture : result.classified) {
    record["classified"].push_back({{"path", picture.learned.image},
                                    {"class", picture.true_class},
                                    {"prompt", scores_as_json(picture.learned.scores)},
                                    {"zeroshot", scores_as_json(picture.zero_shot.scores)}});
  }
  record["interrupted"] = false;
  record["seconds"] = {{"demo", seconds}};
  return record;
}

void show(const DemoResult& result, const DemoPlaces& places, const std::filesystem::path& page,
          double seconds) {
  print_tables(result.records);
  print("\n");
  for (const ClassifiedPicture& picture : result.classified) {
    const ClassScore& best = picture.learned.scores.front();
    print("a picture of '{}': {} {:.1f} % of {} names ({}; this class was never trained on)\n",
          picture.true_class, best.class_name, 100 * best.probability,
          result.data->dataset.class_names.size(),
          best.class_name == picture.true_class ? "right" : "wrong");
  }
  for (const DemoChoice& choice : result.choices) {
    print("chosen with seed {}: {}\n", choice.seed, choice.chosen);
  }
  print("\nprompt  {} ({} bytes, {} of them values; in fp16 these are {})\n",
        places.prompt.string(), to_bytes(result.tuned.prompt).size(),
        payload_size(result.tuned.prompt), payload_size(result.coop.prompt));
  print("records {}\npage    {}\n{:.1f} s\n", places.records.string(), page.string(), seconds);
}

bool is_demo(const std::filesystem::path& folder) {
  const std::filesystem::path report = folder / kReportName;
  if (!std::filesystem::exists(report)) return false;
  const nlohmann::json record = read_json_object(report);
  const auto command = record.find("command");
  return command != record.end() && *command == "demo";
}

void run(const DemoArguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = std::filesystem::absolute(arguments.output);
  require_writable_folder(output);
  require(arguments.overwrite.force || run_state(output) == RunState::kNone || is_demo(output),
          output.string(), ": holds a run that is not the demo's; --force overwrites it");
  const DemoAssets assets = find_demo_assets(arguments.assets);
  const Model model = Model::load(assets.model.string(), {arguments.device, {}});
  const DemoPlaces places{assets.model, output / kPromptName, output / "records"};
  const DemoResult result = run_demo(model, assets, arguments.request, places.records);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  save_run(output, result.tuned.prompt, result.tuned.class_names,
           json_text(record_of(result, model, output, seconds)));
  const std::filesystem::path page = output / "report.html";
  write_file(page, demo_page(result, places, model.device().info(), seconds));
  show(result, places, page, seconds);
}

void add_place_flags(CLI::App& command, DemoArguments& arguments) {
  command
      .add_option(
          "--output", arguments.output,
          "folder for the page, the prompt and the runs' records; only missing runs are done")
      ->type_name("DIR")
      ->capture_default_str();
  command
      .add_option("--assets", arguments.assets,
                  "folder with model and drawings.json, in place of the demo's own")
      ->type_name("DIR");
}

void add_run_flags(CLI::App& command, DemoArguments& arguments) {
  command
      .add_option("--threads", arguments.device.threads,
                  "threads; 0: the cores this process may use")
      ->capture_default_str()
      ->check(CLI::Range(0, kernels::kMostThreads));
  add_enum_option(command, "--precision", arguments.device.precision,
                  "number format of the towers");
  command.add_option("--seeds", arguments.request.seeds, "each draws other training pictures")
      ->delimiter(',')
      ->capture_default_str();
  auto set_epochs = [&arguments](int epochs) {
    arguments.request.settings["epochs"] = std::to_string(epochs);
  };
  command
      .add_option_function<int>(
          "--epochs", set_epochs,
          "passes over the training pictures; default: 200 of CoOp, 50 of what is tuned")
      ->type_name("INT")
      ->check(CLI::Range(1, 1000000));
}

}  // namespace

void add_demo_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("demo", "the whole story on the model and the pictures that come along")
          ->footer(kDemoExamples);
  auto arguments = std::make_shared<DemoArguments>();
  add_place_flags(*command, *arguments);
  add_run_flags(*command, *arguments);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace qprompt::cli

#include "cli/experiment_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "cli/help.h"
#include "cli/notices.h"
#include "cli/training_progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/report/accuracy_tables.h"
#include "qprompt/report/read_records.h"
#include "qprompt/report/table_text.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

constexpr std::uint64_t kDivisionSeed = 1;

std::string accuracies_text(const nlohmann::json& record) {
  std::string text;
  for (const auto& target : record.at("targets")) {
    text +=
        fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", target.at("name").get<std::string>(),
                    100 * target.at("accuracy").get<double>());
  }
  return text;
}

// One for each experiment.
void print_tables(const std::vector<std::filesystem::path>& paths) {
  const report::Records records = report::read_records(paths);
  for (const std::string& notice : records.notices) tell("{}", notice);
  const std::vector<report::Group> groups = report::groups_of(records.runs);
  for (auto first = groups.begin(); first != groups.end();) {
    const auto last = std::find_if(first, groups.end(), [&](const report::Group& group) {
      return group.experiment != first->experiment;
    });
    print("{}", plain_text(report::accuracy_table({first, last})));
    first = last;
  }
}

Shard shard_of(const std::string& given) {
  return given.empty() ? shard_of_environment() : parse_shard(given);
}

}  // namespace

std::shared_ptr<const RunData> ExperimentData::operator()(const std::string& name) {
  if (const auto found = read_.find(name); found != read_.end()) return found->second;
  DataArguments arguments;
  arguments.data = name;
  arguments.data_root = data_root_;
  if (const auto own = own_.find(name); own != own_.end()) {
    arguments.data = own->second.path;
    arguments.split = own->second.split;
    arguments.class_names = own->second.class_names;
  }
  Dataset dataset = arguments.load(kDivisionSeed);
  if (own_.contains(name) && arguments.data != name) dataset.name = name;
  DataDescription description = arguments.description(dataset);
  const auto data =
      std::make_shared<const RunData>(RunData{std::move(dataset), std::move(description)});
  return read_[name] = data;
}

void SweepArguments::add_to(CLI::App& app) {
  app.add_option("--records", records, "folder of the runs' records; only missing runs are done")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--shard", shard,
                 "part i of n of the runs (2/8); default: the place among the processes of srun, "
                 "mpirun or a Slurm array, else all")
      ->type_name("I/N");
  app.add_option("--tensorboard", tensorboard,
                 "folder for TensorBoard's event files, one for a run")
      ->type_name("DIR");
  json.add_to(app);
  overwrite.add_to(app);
  features.add_to(app);
}

Workbench SweepArguments::bench(const ModelArguments& model) const {
  return Workbench(model.load(), features.options("training images", "views"),
                   features.options("test images"));
}

bool ShownSweep::run(Workbench& bench, const std::vector<RunSpec>& runs) {
  SweepOptions options{.records = arguments_.records,
                       .shard = shard_of(arguments_.shard),
                       .tokenizer = tokenizer_,
                       .tensorboard = arguments_.tensorboard};
  if (options.shard.count > 1) cli::tell("part {} of the runs", shard_text(options.shard));
  options.on_begin = [](std::size_t, std::size_t, const RunSpec&) { return training_observer(); };
  std::size_t there = 0;
  options.on_end = [&](std::size_t position, const RunOutcome& outcome) {
    there += outcome.fate == RunFate::kThere;
    tell(outcome, position, runs.size());
  };
  try {
    run_all(bench, runs, options);
  } catch (const Interrupted&) {
    interrupted_ = true;
  }
  if (there > 0) cli::tell("{} runs were there", there);
  for (auto& path : finished_records(arguments_.records, runs, bench.model())) {
    records_.push_back(std::move(path));  // those of other shards, too
  }
  return !interrupted_;
}

void ShownSweep::tell(const RunOutcome& outcome, std::size_t position, std::size_t runs) {
  const std::string place =
      fmt::format("{} of {}: {}", position + 1, runs, outcome.folder.filename().string());
  tell_skipped(outcome.skipped);
  switch (outcome.fate) {
    case RunFate::kThere:
      return;
    case RunFate::kElsewhere:
      return cli::tell("{}: another process works on it", place);
    case RunFate::kFailed:
      failures_.push_back(outcome.message);
      return cli::tell("{}: failed: {}", place, outcome.message);
    case RunFate::kFinished:
      break;
  }
  const nlohmann::json record = read_json(outcome.folder / kReportName);
  cli::tell("{}: {}, {:.1f} s", place, accuracies_text(record),
            record.at("seconds").at("training").get<double>());
}

void ShownSweep::finish() const {
  if (!records_.empty() && !arguments_.json.to_stdout()) print_tables(records_);
  arguments_.json.write([&] {
    auto all = nlohmann::ordered_json::array();
    for (const auto& path : records_) all.push_back(nlohmann::ordered_json(read_json(path)));
    return nlohmann::ordered_json{{"records", all}};
  });
  if (interrupted_) throw Interrupted();
  if (!failures_.empty()) {
    fail(failures_.size(), failures_.size() == 1 ? " run" : " runs",
         " failed, the first: ", failures_.front());
  }
}

}  // namespace qprompt::cli

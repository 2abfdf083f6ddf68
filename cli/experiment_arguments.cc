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

// "2 of 27: caltech101-base-qcoop-16shots-seed1-3f2a91bc".
std::string place_in_list(std::size_t position, std::size_t runs, const std::string& name) {
  return fmt::format("{} of {}: {}", position + 1, runs, name);
}

std::string accuracies_text(const nlohmann::json& record) {
  std::string text;
  for (const auto& target : record.at("targets")) {
    text +=
        fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", target.at("name").get<std::string>(),
                    100 * target.at("accuracy").get<double>());
  }
  return text;
}

void tell_outcome(const RunOutcome& outcome, const std::string& place) {
  switch (outcome.fate) {
    case RunFate::kThere:
      return;
    case RunFate::kElsewhere:
      tell("{}: another process works on it", place);
      return;
    case RunFate::kFailed:
      tell("{}: failed: {}", place, outcome.message);
      return;
    case RunFate::kFinished:
      break;
  }
  const nlohmann::json record = read_json(outcome.folder / kReportName);
  tell("{}: {}, {:.1f} s", place, accuracies_text(record),
       record.at("seconds").at("training").get<double>());
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
  Dataset dataset = arguments.load(seed_);
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

std::vector<std::filesystem::path> SweepArguments::run(const ModelArguments& model,
                                                       const std::vector<RunSpec>& runs) const {
  Workbench bench(model.load(), features.options("training images", "views"),
                  features.options("test images"));
  SweepOptions options{.records = records,
                       .shard = shard_of(shard),
                       .tokenizer = model.tokenizer,
                       .tensorboard = tensorboard};
  if (options.shard.count > 1) tell("part {} of the runs", shard_text(options.shard));
  std::size_t position = 0, there = 0;
  options.on_begin = [&](std::size_t now, std::size_t, const RunSpec&) {
    position = now;
    return training_observer();
  };
  options.on_end = [&](const RunSpec&, const RunOutcome& outcome) {
    there += outcome.fate == RunFate::kThere;
    tell_skipped(outcome.skipped);
    tell_outcome(outcome, place_in_list(position, runs.size(), outcome.folder.filename().string()));
    if (outcome.fate == RunFate::kFailed) failures_.push_back(outcome.message);
  };
  try {
    run_all(bench, runs, options);
  } catch (const Interrupted&) {
    interrupted_ = true;
  }
  if (there > 0) tell("{} runs were there", there);
  std::vector<std::filesystem::path> records_there;
  for (const RunSpec& spec : runs) {  // those of other shards too
    const auto path = record_path(records, spec, bench.model());
    if (std::filesystem::exists(path)) records_there.push_back(path);
  }
  return records_there;
}

void SweepArguments::finish(const std::vector<std::filesystem::path>& paths) const {
  if (!paths.empty() && !json.to_stdout()) print_tables(paths);
  json.write([&] {
    auto all = nlohmann::ordered_json::array();
    for (const auto& path : paths) all.push_back(nlohmann::ordered_json(read_json(path)));
    return nlohmann::ordered_json{{"records", all}};
  });
  if (interrupted_) throw Interrupted();
  if (!failures_.empty()) {
    fail(failures_.size(), " runs failed, the first: ", failures_.front());
  }
}

}  // namespace qprompt::cli

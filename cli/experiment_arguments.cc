#include "cli/experiment_arguments.h"

#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "qprompt/core/json.h"

namespace qprompt::cli {
namespace {

constexpr std::uint64_t kDivisionSeed = 1;

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
  const auto data = std::make_shared<const RunData>(std::move(dataset), std::move(description));
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

SweepResult SweepArguments::run(Workbench& bench, const std::string& tokenizer,
                                const std::vector<RunSpec>& runs) const {
  const SweepOptions options{.records = records,
                             .shard = shard_of(shard),
                             .tokenizer = tokenizer,
                             .tensorboard = tensorboard};
  if (options.shard.count > 1) tell("part {} of the runs", shard_text(options.shard));
  return run_and_tell(bench, runs, options);
}

void SweepArguments::finish(const SweepResult& result) const {
  if (!result.records.empty() && !json.to_stdout()) {
    print_tables(report::read_records(result.records));
  }
  json.write([&] {
    auto all = nlohmann::ordered_json::array();
    for (const auto& path : result.records) all.push_back(nlohmann::ordered_json(read_json(path)));
    return nlohmann::ordered_json{{"records", all}};
  });
  require_all_done(result);
}

}  // namespace qprompt::cli

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data_report.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/notices.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/split_file.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

constexpr char kDataExamples[] = R"(Examples:
  qprompt data list --data-root DATA
  qprompt data check caltech101 --data-root DATA
  qprompt data check photos
  qprompt data split photos --output photos/split.json
QPROMPT_DATA_ROOT stands for --data-root. Wherever a command takes --data it takes these names.)";

constexpr char kCheckExamples[] = R"(Examples:
  qprompt data check caltech101 --data-root DATA
  qprompt data check caltech101 --data-root DATA --split split_zhou_Caltech101.json
  qprompt data check photos --json report.json
The exit status is 1 where something is missing, unreadable or not as published.)";

constexpr char kSplitExamples[] = R"(Examples:
  qprompt data split photos --output photos/split.json
  qprompt data split photos --output split.json --seed 2 --fractions 60,20,20
  qprompt train --model M --data photos --split split.json --output run
The split depends on the names of the folders and images and on the seed: it is the same on every
machine. Every class is divided in these proportions.)";

struct ListArguments {
  DataArguments data;
  JsonArgument json;
  OverwriteArgument overwrite;
};

void run_list(const ListArguments& arguments) {
  arguments.overwrite.require_writable({arguments.json.path}, {});
  const DataOptions options = arguments.data.options();
  arguments.json.write([&] { return list_json(options); });
  if (!arguments.json.to_stdout()) print_text(list_text(options));
}

struct CheckArguments {
  DataArguments data;
  JsonArgument json;
  OverwriteArgument overwrite;
  int threads = 0;
};

void run_check(const CheckArguments& arguments) {
  arguments.overwrite.require_writable({arguments.json.path}, arguments.data.inputs());
  auto progress = std::make_shared<Progress>("checking", "images");
  const DatasetCheck check = check_dataset(
      arguments.data.data,
      {.data = arguments.data.options(),
       .threads = arguments.threads,
       .stop = interrupted,
       .progress = [progress](auto done, auto total) { progress->update(done, total); }});
  progress->clear();
  for (const std::string& notice : check.notices) tell("notice: {}", notice);
  arguments.json.write([&] { return check_as_json(check); });
  if (!arguments.json.to_stdout()) print_text(check_text(check));
  finish_stdout();
  require(check.is_whole(), arguments.data.data, ": ", verdict(check));
}

struct SplitArguments {
  DataArguments data;
  OverwriteArgument overwrite;
  std::string output;
  std::uint64_t seed = 1;
  std::vector<double> percent{50, 20, 30};
};

// What the paths in a split are relative to.
std::filesystem::path root_of(const std::filesystem::path& data) {
  return std::filesystem::is_directory(data) ? data : std::filesystem::absolute(data).parent_path();
}

void run_split(const SplitArguments& arguments) {
  const std::string& data = arguments.data.data;
  require(std::filesystem::exists(data), data, ": no such folder or table");
  arguments.overwrite.require_writable({arguments.output}, arguments.data.inputs());
  DataOptions options = arguments.data.options();
  options.seed = arguments.seed;
  options.fractions = {.train = arguments.percent[0] / 100,
                       .val = arguments.percent[1] / 100,
                       .test = arguments.percent[2] / 100};
  const Dataset dataset = load_dataset(data, options);
  require(dataset.divided_here, data, ": is divided already (", summary(dataset),
          "), expected a folder of class folders or a table without parts");
  write_file(arguments.output, split_text(dataset, root_of(data)));
  tell_data(data, dataset);
  print("{}: {} train, {} val, {} test images of {} classes, seed {}\n", arguments.output,
        dataset.train.size(), dataset.val.size(), dataset.test.size(), dataset.class_names.size(),
        arguments.seed);
}

void add_list(CLI::App& data) {
  CLI::App* command = data.add_subcommand("list", "the data sets that are known by name");
  auto arguments = std::make_shared<ListArguments>();
  arguments->data.add_root_to(*command);
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_list(*arguments); });
}

void add_check(CLI::App& data) {
  CLI::App* command = data.add_subcommand("check", "count what is there, and read every image")
                          ->footer(kCheckExamples);
  auto arguments = std::make_shared<CheckArguments>();
  command->add_option("data", arguments->data.data, "a known data set's name, a folder or a table")
      ->required()
      ->type_name("NAME|PATH");
  arguments->data.add_root_to(*command);
  arguments->data.add_lists_to(*command);
  command->add_option("--threads", arguments->threads, "0: the cores this process may use")
      ->check(CLI::Range(0, kernels::kMostThreads))
      ->capture_default_str();
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_check(*arguments); });
}

void add_split(CLI::App& data) {
  CLI::App* command =
      data.add_subcommand("split", "divide one's own images once, the same for everyone")
          ->footer(kSplitExamples);
  auto arguments = std::make_shared<SplitArguments>();
  command
      ->add_option("data", arguments->data.data,
                   "folder of class folders, or a table of images without parts")
      ->required()
      ->type_name("PATH");
  command->add_option("--output", arguments->output, "split JSON to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--seed", arguments->seed, "of the division")->capture_default_str();
  command->add_option("--fractions", arguments->percent, "train, val and test images of 100")
      ->delimiter(',')
      ->expected(3)
      ->type_name("TRAIN,VAL,TEST")
      ->default_str("50,20,30");
  command
      ->add_option("--class-names", arguments->data.class_names,
                   "names of class folders: \"FOLDER NAME\" a line, or JSON")
      ->type_name("NAMES");
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_split(*arguments); });
}

}  // namespace

void add_data_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("data", "known data sets, what is there of one, and splits")
          ->footer(kDataExamples);
  command->require_subcommand(1);
  add_list(*command);
  add_check(*command);
  add_split(*command);
}

}  // namespace qprompt::cli

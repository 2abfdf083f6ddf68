#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/runs_report.h"
#include "qprompt/core/error.h"
#include "qprompt/run/record.h"
#include "qprompt/run/run_list.h"

namespace qprompt::cli {
namespace {

constexpr char kRunsExamples[] = R"(Examples:
  qprompt runs records
  qprompt runs records --watch
  qprompt runs records --json
States: running (a process holds the run's lock), finished, interrupted (Ctrl-C), failed (with its
error), killed (begun, and nobody works on it), unreadable (a damaged record).)";

struct RunsArguments {
  std::string folder;
  bool watch = false, json = false;
};

bool any_runs(const std::vector<ListedRun>& runs) {
  return std::ranges::count(runs, RunStatus::kRunning, &ListedRun::status) > 0;
}

// False where a person asked to stop.
bool wait(std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds kMoment{100};
  for (; duration > kMoment && !interrupted(); duration -= kMoment) {
    std::this_thread::sleep_for(kMoment);
  }
  return !interrupted();
}

// Between two runs of an experiment none runs for a moment.
void watch(const std::string& folder, std::vector<ListedRun> runs) {
  constexpr int kIdleLooks = 3;
  tell("watching {} until nothing runs there; Ctrl-C ends it", folder);
  RunsWatch shown;
  shown.show(runs);
  for (int idle = any_runs(runs) ? 0 : kIdleLooks; idle < kIdleLooks;) {
    if (!wait(std::chrono::seconds(1))) return;
    runs = list_runs(folder);
    shown.show(runs);
    idle = any_runs(runs) ? 0 : idle + 1;
  }
}

void run_runs(const RunsArguments& arguments) {
  const std::vector<ListedRun> runs = list_runs(arguments.folder);
  require(!runs.empty(), arguments.folder,
          ": no runs in it or below, expected folders with run.json or events.jsonl");
  if (arguments.json) {
    write_stdout(json_text(
        {{"command", "runs"}, {"folder", arguments.folder}, {"runs", runs_as_json(runs)}}));
    return;
  }
  if (arguments.watch) return watch(arguments.folder, runs);
  for (const std::string& line : runs_table(runs)) print("{}\n", line);
  print("{}\n", runs_summary(runs));
}

}  // namespace

void add_runs_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("runs", "list runs, those that run among them")->footer(kRunsExamples);
  auto arguments = std::make_shared<RunsArguments>();
  command->add_option("folder", arguments->folder, "folder with runs, at any depth")
      ->required()
      ->type_name("FOLDER");
  CLI::Option* watching = command->add_flag("--watch", arguments->watch,
                                            "renew the list until nothing runs, or Ctrl-C");
  command->add_flag("--json", arguments->json, "answer as JSON")->excludes(watching);
  command->callback([arguments] { run_runs(*arguments); });
}

}  // namespace qprompt::cli

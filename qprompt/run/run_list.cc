#include "qprompt/run/run_list.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/run/event_log.h"
#include "qprompt/run/run_folder.h"
#include "qprompt/run/run_lock.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

double seconds_between(UtcTime from, UtcTime to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

// Takes one event after another into a run.
class Teller {
 public:
  explicit Teller(ListedRun& run) : run_(run) {}

  void operator()(const RunEvent& event) {
    last_ = event.time;
    std::visit([&](const auto& content) { tell(content); }, event.content);
  }

  UtcTime begun() const { return begun_; }
  UtcTime last() const { return last_; }

 private:
  void tell(const RunBegun& begun) {
    begun_ = last_;
    run_.status = RunStatus::kKilled;  // unless something comes after it
    run_.experiment = begun.experiment;
    run_.label = begun.label;
    run_.dataset = begun.dataset;
    run_.shots = begun.shots;
    run_.seed = begun.seed;
    run_.train_seed = begun.train_seed;
    run_.epoch = begun.epochs_done;
    run_.epochs = begun.epochs;
    run_.host = begun.host;
    run_.process = begun.process;
    run_.error.clear();
  }
  void tell(const EpochReport& report) {
    run_.epoch = report.epoch;
    run_.epochs = report.epochs;
  }
  void tell(const RunClustered&) {}
  void tell(const RunTried&) {}
  void tell(const RunEnded&) { run_.status = RunStatus::kFinished; }
  void tell(const RunInterrupted&) { run_.status = RunStatus::kInterrupted; }
  void tell(const RunFailed& failed) {
    run_.status = RunStatus::kFailed;
    run_.error = failed.error;
  }

  ListedRun& run_;
  UtcTime begun_{}, last_{};
};

// What a record of any version says at the first of these places that it has.
template <typename T>
void take(const nlohmann::json& record, std::initializer_list<const char*> places, T& value) {
  for (const char* place : places) {
    const nlohmann::json::json_pointer pointer(place);
    if (!record.contains(pointer)) continue;
    record.at(pointer).get_to(value);
    return;
  }
}

std::vector<RunTarget> targets_of(const nlohmann::json& record) {
  std::vector<RunTarget> targets;
  if (const auto found = record.find("targets"); found != record.end()) {
    require(found->is_array(), "targets of the type ", found->type_name(), ", expected an array");
    for (const nlohmann::json& target : *found) {
      targets.push_back({target.at("name"), target.at("images"), target.at("accuracy")});
    }
  } else if (const auto test = record.find("test"); test != record.end()) {  // of format 1
    targets.push_back({"test", test->at("images"), test->at("adapted_accuracy")});
  }
  return targets;
}

void take_record(const nlohmann::json& record, ListedRun& run) {
  bool interrupted = false;
  take(record, {"/interrupted"}, interrupted);
  run.status = interrupted ? RunStatus::kInterrupted : RunStatus::kFinished;
  take(record, {"/experiment", "/command"}, run.experiment);
  take(record, {"/label", "/settings/method"}, run.label);
  take(record, {"/source/dataset", "/data/path"}, run.dataset);
  take(record, {"/source/shots", "/settings/shots"}, run.shots);
  take(record, {"/source/seed", "/settings/seed"}, run.seed);
  take(record, {"/source/train_seed", "/source/seed", "/settings/seed"}, run.train_seed);
  take(record, {"/settings/epochs"}, run.epochs);
  if (const auto epochs = record.find("epochs"); epochs != record.end()) {
    run.epoch = static_cast<int>(epochs->size());
  }
  // Its settings say epochs whatever it learned by.
  if (run.status == RunStatus::kFinished && run.epoch == 0) run.epochs = 0;
  run.seconds = 0;
  if (const auto seconds = record.find("seconds"); seconds != record.end()) {
    for (const nlohmann::json& part : *seconds) run.seconds += part.get<double>();
  }
  run.targets = targets_of(record);
}

// By the file system's clock, which events' times are not of.
bool is_newer(const fs::path& file, const fs::path& than) {
  return fs::last_write_time(file) >= fs::last_write_time(than);
}

void take_folder(const fs::path& folder, UtcTime now, ListedRun& run) {
  const fs::path events = folder / kEventsName, record = folder / kReportName;
  const bool running = RunLock::is_held(folder);
  const bool has_events = fs::exists(events), has_record = fs::exists(record);
  Teller teller(run);
  if (has_events) {
    for (const RunEvent& event : read_events(events)) teller(event);
    run.seconds = seconds_between(teller.begun(), running ? now : teller.last());
  }
  if (running) {
    run.status = RunStatus::kRunning;
    if (has_events) run.quiet_seconds = seconds_between(teller.last(), now);
    return;
  }
  if (!has_record || run.status == RunStatus::kFailed) return;
  // Of a run that was begun and not ended, an older record is the one before it.
  if (has_events && run.status == RunStatus::kKilled && !is_newer(record, events)) return;
  naming(record.string(), [&] {
    const nlohmann::json content = read_json_object(record);
    // The record that a run leaves before its tests is no end.
    if (has_events && run.status == RunStatus::kKilled && content.value("interrupted", false))
      return;
    take_record(content, run);
  });
}

ListedRun listed(const fs::path& folder, const std::string& name, UtcTime now) {
  ListedRun run{.name = name, .status = RunStatus::kKilled};
  try {
    at_border([&] { take_folder(folder, now, run); });
  } catch (const Error& error) {
    run.status = RunStatus::kUnreadable;
    run.error = error.what();
  }
  return run;
}

bool is_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kEventsName, ignored) || fs::exists(folder / kReportName, ignored);
}

std::vector<fs::path> run_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  if (is_run(folder)) folders.push_back(folder);
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(folder, kOptions)) {
    std::error_code ignored;
    if (entry.is_directory(ignored) && is_run(entry.path())) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

}  // namespace

std::vector<ListedRun> list_runs(const fs::path& folder, UtcTime now) {
  return at_border([&] {
    require(fs::is_directory(folder), folder.string(), ": not a folder, expected one with runs");
    std::vector<ListedRun> runs;
    for (const fs::path& path : run_folders(folder)) {
      const std::string name = path == folder ? "." : path.lexically_relative(folder).string();
      runs.push_back(listed(path, name, now));
    }
    return runs;
  });
}

}  // namespace qprompt

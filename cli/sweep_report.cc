#include "cli/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cli/console.h"
#include "cli/notices.h"
#include "cli/training_progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/report/accuracy_tables.h"
#include "qprompt/report/table_text.h"
#include "qprompt/run/run_folder.h"

namespace qprompt::cli {
namespace {

std::string accuracies_text(const nlohmann::json& record) {
  std::string text;
  for (const auto& target : record.at("targets")) {
    text +=
        fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", target.at("name").get<std::string>(),
                    100 * target.at("accuracy").get<double>());
  }
  return text;
}

void tell_fate(const RunOutcome& outcome, const std::string& place) {
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

// Says of the runs of a list what is new: they share images, and with them what is damaged and what
// is scarce.
class Teller {
 public:
  explicit Teller(std::size_t runs) : runs_(runs) {}

  void end(std::size_t position, const RunSpec& spec, const RunOutcome& outcome) {
    if (spec.method.learn) tell_new_scarce(spec, outcome.scarce);
    tell_new_skipped(outcome.skipped);
    // "2 of 27: caltech101-base-qcoop-16shots-seed1-3f2a91bc"
    tell_fate(outcome,
              fmt::format("{} of {}: {}", position + 1, runs_, outcome.folder.filename().string()));
  }

 private:
  void tell_new_scarce(const RunSpec& spec, const std::vector<ScarceClass>& scarce) {
    const int shots = spec.method.learn->shots;
    if (!scarce.empty() && scarce_told_.emplace(spec.data.get(), shots).second) {
      tell_scarce(scarce, shots);
    }
  }

  void tell_new_skipped(const std::vector<std::string>& skipped) {
    std::vector<std::string> unheard;
    for (const std::string& line : skipped) {
      if (skipped_told_.insert(line).second) unheard.push_back(line);
    }
    tell_skipped(unheard);
  }

  std::size_t runs_;
  std::set<std::pair<const RunData*, int>> scarce_told_;  // by their shots
  std::set<std::string> skipped_told_;
};

}  // namespace

SweepResult& SweepResult::operator+=(const SweepResult& other) {
  records.insert(records.end(), other.records.begin(), other.records.end());
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
  found += other.found;
  interrupted = interrupted || other.interrupted;
  return *this;
}

SweepResult run_and_tell(Workbench& bench, const std::vector<RunSpec>& runs, SweepOptions options) {
  SweepResult result;
  Teller teller(runs.size());
  options.on_begin = training_observer;
  options.on_choosing = choosing_progress();
  options.on_end = [&](std::size_t position, const RunSpec& spec, const RunOutcome& outcome) {
    teller.end(position, spec, outcome);
    result.found += outcome.fate == RunFate::kThere;
    if (outcome.fate == RunFate::kFailed) result.failures.push_back(outcome.message);
  };
  try {
    run_all(bench, runs, options);
  } catch (const Interrupted&) {
    result.interrupted = true;
  }
  if (result.found > 0) tell("{} runs were there", result.found);
  // Those of other shards, too.
  result.records = finished_records(options.records, runs, bench.model());
  return result;
}

void require_all_done(const SweepResult& result) {
  if (result.interrupted) throw Interrupted();
  if (result.failures.empty()) return;
  fail(result.failures.size(), result.failures.size() == 1 ? " run" : " runs",
       " failed, the first: ", result.failures.front());
}

void print_tables(const report::Records& records) {
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

}  // namespace qprompt::cli

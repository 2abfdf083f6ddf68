#include "cli/runs_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "cli/terminal.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/core/printable.h"

namespace qprompt::cli {
namespace {

constexpr std::size_t kColumns = 10;
using Cells = std::array<std::string, kColumns>;

constexpr std::array<const char*, kColumns> kHeadings{
    "state", "epoch", "time", "method", "data", "shots", "seed", "accuracy", "run", ""};

// "base 53.1 %, new 38.2 %"
std::string accuracies(const std::vector<RunTarget>& targets) {
  std::string text;
  for (const RunTarget& target : targets) {
    text +=
        fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", target.name, 100 * target.accuracy);
  }
  return text;
}

std::string note(const ListedRun& run) {
  if (run.status != RunStatus::kRunning) return run.error;
  return fmt::format("process {} on {}, last heard {} ago", run.process, run.host,
                     duration_text(run.quiet_seconds));
}

std::string seeds(const ListedRun& run) {
  if (run.train_seed == run.seed) return std::to_string(run.seed);
  return fmt::format("{}.{}", run.seed, run.train_seed);
}

Cells cells_of(const ListedRun& run) {
  const bool known = !run.label.empty();
  return {enum_name(run.status),
          run.epochs > 0 ? fmt::format("{}/{}", run.epoch, run.epochs) : "",
          run.seconds > 0 ? duration_text(run.seconds) : "",
          run.label,
          std::filesystem::path(run.dataset).filename().string(),
          known ? std::to_string(run.shots) : "",
          known ? seeds(run) : "",
          accuracies(run.targets),
          run.name,
          note(run)};
}

std::vector<std::string> aligned(const std::vector<Cells>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Cells& row : rows) {
    for (std::size_t c = 0; c < kColumns; ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const Cells& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < kColumns; ++c) {
      if (widths[c] == 0) continue;
      const std::size_t missing = widths[c] - width_of(row[c]);
      line += row[c] + std::string(missing + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
  }
  return lines;
}

// Without what changes from second to second.
std::string state_of(const ListedRun& run) {
  return fmt::format("{} {} {}", enum_name(run.status), run.epoch, accuracies(run.targets));
}

// Those that run, those that went wrong, and finished ones.
int urgency(const ListedRun& run) {
  if (run.status == RunStatus::kRunning) return 0;
  return run.status == RunStatus::kFinished ? 2 : 1;
}

}  // namespace

std::vector<std::string> runs_table(const std::vector<ListedRun>& runs) {
  std::vector<Cells> rows(1);
  std::ranges::copy(kHeadings, rows.front().begin());
  for (const ListedRun& run : runs) {
    Cells& cells = rows.emplace_back(cells_of(run));
    for (std::string& cell : cells) cell = printable(cell);
  }
  return aligned(rows);
}

std::string runs_summary(const std::vector<ListedRun>& runs) {
  std::string text = fmt::format("{} run{}", runs.size(), runs.size() == 1 ? "" : "s");
  const auto names = enum_names(RunStatus());
  for (std::size_t s = 0; s < names.size(); ++s) {
    const auto count = std::ranges::count(runs, static_cast<RunStatus>(s), &ListedRun::status);
    if (count == 0) continue;
    text += fmt::format("{} {} {}", text.find(':') == text.npos ? ":" : ",", count, names[s]);
  }
  return text;
}

nlohmann::ordered_json runs_as_json(const std::vector<ListedRun>& runs) {
  auto json = nlohmann::ordered_json::array();
  for (const ListedRun& run : runs) {
    nlohmann::ordered_json& entry = json.emplace_back(fields_as_json(run));
    entry["targets"] = nlohmann::ordered_json::array();
    for (const RunTarget& target : run.targets) entry["targets"].push_back(fields_as_json(target));
  }
  return json;
}

void RunsWatch::show(const std::vector<ListedRun>& runs) {
  const auto terminal = ::isatty(STDOUT_FILENO) != 0 ? terminal_size(STDOUT_FILENO) : std::nullopt;
  if (terminal) {
    renew(runs, terminal->rows, terminal->columns);
  } else {
    print_changes(runs);
  }
  finish_stdout();
}

// What does not fit the terminal's rows could not be renewed.
void RunsWatch::renew(const std::vector<ListedRun>& runs, int rows, int columns) {
  constexpr int kOtherLines = 4;  // headings, what is left out, the sum, and the cursor's
  std::vector<ListedRun> fitting = runs;
  const auto most = static_cast<std::size_t>(std::max(1, rows - kOtherLines));
  if (runs.size() > most) {
    std::ranges::stable_sort(fitting, {}, urgency);
    fitting.resize(most);
  }
  std::vector<std::string> lines = runs_table(fitting);
  if (fitting.size() < runs.size()) {
    lines.push_back(fmt::format("and {} more", runs.size() - fitting.size()));
  }
  lines.push_back(runs_summary(runs));
  std::string text = lines_shown_ > 0 ? fmt::format("\033[{}A\r\033[J", lines_shown_) : "";
  for (const std::string& line : lines) text += cut_to(line, columns - 1) + "\n";
  write_stdout(text);
  lines_shown_ = static_cast<int>(lines.size());
}

void RunsWatch::print_changes(const std::vector<ListedRun>& runs) {
  const std::vector<std::string> lines = runs_table(runs);
  if (shown_.empty()) print("{}\n", lines.front());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string& shown = shown_[runs[i].name];
    const std::string now = state_of(runs[i]);
    if (shown != now) print("{}\n", lines[i + 1]);
    shown = now;
  }
}

}  // namespace qprompt::cli

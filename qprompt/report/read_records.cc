#include "qprompt/report/read_records.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/core/xz.h"
#include "qprompt/report/group.h"
#include "qprompt/report/labels.h"

namespace qprompt::report {
namespace {

namespace fs = std::filesystem;

constexpr char kEvents[] = "events.jsonl";
constexpr std::size_t kMostBytes = std::size_t{1} << 32;

bool is_packed(const fs::path& file) { return file.string().ends_with(".jsonl.xz"); }
bool has_lines(const fs::path& file) { return file.extension() == ".jsonl" || is_packed(file); }

std::vector<std::string> lines_of(const fs::path& file) {
  if (!is_packed(file)) return read_lines(file);
  std::istringstream text(read_xz(file, kMostBytes));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::path& path = entries->path();
    if (path.extension() != ".json" && !has_lines(path)) continue;
    if (path.filename() != kEvents) files.push_back(path);
  }
  require(!error, folder.string(), ": cannot be read: ", error.message());
  std::ranges::sort(files);
  return files;
}

void read_lines_of(const fs::path& file, std::vector<RunRecord>& runs) {
  const std::vector<std::string> lines = lines_of(file);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place = file.string() + ", line " + std::to_string(i + 1);
    runs.push_back(run_record(parse_json(lines[i], place), place));
  }
}

// Whether `file` was a record; it must be one where somebody named it.
bool read_file(const fs::path& file, bool is_named, std::vector<RunRecord>& runs) {
  if (has_lines(file)) {
    read_lines_of(file, runs);
    return true;
  }
  const nlohmann::json content = read_json(file);
  if (!is_named && !is_record(content)) return false;
  runs.push_back(run_record(content, file));
  return true;
}

// "A: why", "A and 3 more: why"; nothing for none.
void notice(const std::vector<std::string>& which, const std::string& why,
            std::vector<std::string>& notices) {
  if (which.empty()) return;
  const std::string more =
      which.size() == 1 ? "" : " and " + std::to_string(which.size() - 1) + " more";
  notices.push_back(which.front() + more + ": " + why);
}

std::vector<RunRecord> read_all(std::span<const fs::path> given,
                                std::vector<std::string>& notices) {
  std::vector<RunRecord> runs;
  std::vector<std::string> others;
  for (const fs::path& path : given) {
    if (!fs::is_directory(path)) {
      read_file(path, true, runs);
      continue;
    }
    for (const fs::path& file : files_below(path)) {
      if (!read_file(file, false, runs)) others.push_back(file.string());
    }
  }
  notice(others, "no record of an experiment, left out", notices);
  return runs;
}

template <typename Predicate>
void leave_out(std::vector<RunRecord>& runs, Predicate predicate, const std::string& why,
               std::vector<std::string>& notices) {
  std::vector<std::string> left_out;
  std::erase_if(runs, [&](const RunRecord& run) {
    const bool leaves = predicate(run);
    if (leaves) left_out.push_back(run.file.string());
    return leaves;
  });
  notice(left_out, why, notices);
}

}  // namespace

Records read_records(std::span<const fs::path> given) {
  Records records;
  records.runs = read_all(given, records.notices);
  std::set<std::string> seen;
  leave_out(
      records.runs, [](const RunRecord& run) { return run.interrupted; },
      "an interrupted run, left out", records.notices);
  leave_out(
      records.runs, [](const RunRecord& run) { return run.targets.empty(); },
      "a run that was tested on nothing, left out", records.notices);
  leave_out(
      records.runs, [&](const RunRecord& run) { return !seen.insert(run.run).second; },
      "the same run as another record, left out", records.notices);
  require(!records.runs.empty(), given.empty() ? "records" : given.front().string(),
          ": no records of runs, expected run.json below a folder, or a .jsonl");
  std::ranges::stable_sort(records.runs, comes_before);
  for (std::string& line : tell_labels_apart(records.runs)) records.notices.push_back(line);
  return records;
}

std::string packed(const Records& records) {
  std::string lines;
  for (const RunRecord& run : records.runs) lines += run.json + "\n";
  return xz_packed(lines);
}

}  // namespace qprompt::report

#include "cli/record_arguments.h"

#include "cli/console.h"

namespace qprompt::cli {

void RecordArguments::add_to(CLI::App& app) {
  app.add_option("records", paths,
                 "run folders, folders with such below them, run.json files, or .jsonl files with "
                 "a record on each line")
      ->type_name("RECORDS")
      ->required();
}

report::Records RecordArguments::read() const {
  const std::vector<std::filesystem::path> given(paths.begin(), paths.end());
  report::Records records = report::read_records(given);
  for (const std::string& notice : records.notices) tell("{}", notice);
  return records;
}

}  // namespace qprompt::cli

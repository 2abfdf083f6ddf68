#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/html.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/record_arguments.h"
#include "qprompt/core/file.h"
#include "qprompt/report/report.h"
#include "qprompt/report/table_text.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kReportExamples[] = R"(Examples:
  qprompt report runs --output report
  qprompt report runs/noise records.jsonl --output report --force
Writes DIR/report.html, one page that needs nothing beside it, every table of it as
DIR/tables/NAME.csv, .md and .tex (booktabs), and all records as DIR/records.jsonl.xz, from which
the same report can be made again.)";

struct ReportArguments {
  RecordArguments records;
  std::string output;
  JsonArgument json;
  OverwriteArgument overwrite;
};

struct Output {
  fs::path path;
  std::string text;
};

std::vector<Output> outputs_of(const report::Records& records, const report::Report& report,
                               const fs::path& folder) {
  std::vector<Output> outputs{
      {folder / "report.html",
       filled_page(kReportPage, {{"title", escape_html(report.title)}}, as_json(report))},
      {folder / "records.jsonl.xz", packed(records)}};
  for (const report::Table* table : tables_of(report)) {
    const fs::path name = folder / "tables" / table->id;
    outputs.push_back({name.string() + ".csv", csv(*table)});
    outputs.push_back({name.string() + ".md", markdown(*table)});
    outputs.push_back({name.string() + ".tex", latex(*table)});
  }
  return outputs;
}

void run_report(const ReportArguments& arguments) {
  const report::Records records = arguments.records.read();
  const report::Report report = make_report(records);
  const fs::path folder = fs::absolute(arguments.output);
  const std::vector<Output> outputs = outputs_of(records, report, folder);
  std::vector<std::string> paths{arguments.json.path};
  for (const Output& output : outputs) paths.push_back(output.path.string());
  require_writable_folder(folder);
  arguments.overwrite.require_writable(paths, {});
  for (const Output& output : outputs) write_file(output.path, output.text);
  arguments.json.write([&] { return as_json(report); });
  if (arguments.json.to_stdout()) return;
  print("{} runs in {} sections\npage    {}\ntables  {} (CSV, Markdown, LaTeX)\n",
        records.runs.size(), report.sections.size(), outputs.front().path.string(),
        (folder / "tables").string());
}

}  // namespace

void add_report_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("report", "records of runs as one page, and as tables for papers")
          ->footer(kReportExamples);
  auto arguments = std::make_shared<ReportArguments>();
  arguments->records.add_to(*command);
  command->add_option("--output", arguments->output, "folder for the page and the tables")
      ->type_name("DIR")
      ->required();
  arguments->json.add_to(*command);
  arguments->overwrite.add_to(*command);
  command->callback([arguments] { run_report(*arguments); });
}

}  // namespace qprompt::cli

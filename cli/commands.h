#pragma once

#include <CLI/CLI.hpp>

// One function for each subcommand: adds it with its flags, help and examples. The subcommand's
// callback does the work and throws qprompt::Error.
namespace qprompt::cli {

void add_train_command(CLI::App& app);
void add_tune_command(CLI::App& app);
void add_evaluate_command(CLI::App& app);
void add_classify_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_import_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_convert_command(CLI::App& app);
// base-to-new, few-shot, cross-dataset, domain-generalization and the studies.
void add_experiment_commands(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_serve_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_demo_command(CLI::App& app);
void add_runs_command(CLI::App& app);
void add_cache_command(CLI::App& app);
void add_data_command(CLI::App& app);
// Writes of all others, as they are when it runs.
void add_manual_command(CLI::App& app);

}  // namespace qprompt::cli

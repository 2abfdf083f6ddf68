#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace qprompt::cli {

// A file that a command writes, or "-" for stdout, which then holds nothing else.
struct OutputArgument {
  std::string path;

  bool wanted() const { return !path.empty(); }
  bool to_stdout() const { return path == "-"; }
  // Throws Error at once, before long work, where the file could not be written.
  void require_writable() const;
  void write(std::string_view text) const;  // nothing where no output is wanted
};

// --json
struct JsonArgument : OutputArgument {
  void add_to(CLI::App& app);
  // `report` is asked only where it is wanted: the model's identity in it reads all weights.
  void write(const std::function<nlohmann::ordered_json()>& report) const;
};

// A row of RFC 4180 with a line end: fields are quoted where they need it.
std::string csv_row(const std::vector<std::string>& fields);

// Throws Error where `folder` can neither be written nor, if it is not there, be created. Leaves
// nothing behind.
void require_writable_folder(const std::filesystem::path& folder);

}  // namespace qprompt::cli

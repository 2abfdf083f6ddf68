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
  void write(std::string_view text) const;  // nothing where no output is wanted
};

// --json
struct JsonArgument : OutputArgument {
  void add_to(CLI::App& app);
  // `report` is asked only where it is wanted: the model's identity in it reads all weights.
  void write(const std::function<nlohmann::ordered_json()>& report) const;
};

// --force, and what is checked before any work: that nothing is lost by what will be written.
struct OverwriteArgument {
  bool force = false;

  void add_to(CLI::App& app);
  // Of files; "" and "-" stand for none and stdout. Throws Error for one that could not be written,
  // that is there already (unless forced), that is another of them, or (forced or not) that is one
  // of `inputs`, lies in one of them that is a model's folder, or is a picture in any of them.
  void require_writable(const std::vector<std::string>& outputs,
                        const std::vector<std::string>& inputs) const;
};

// Whether `path` is `folder`, or something below it, whichever links lead there.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

// Throws Error where `folder` can neither be written nor, if it is not there, be created. Leaves
// nothing behind.
void require_writable_folder(const std::filesystem::path& folder);

}  // namespace qprompt::cli

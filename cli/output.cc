#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/console.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/image.h"
#include "qprompt/data/image_folder.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored)) {
    require(!fs::is_symlink(fs::symlink_status(path, ignored)), path.string(),
            ": cannot be written: a link that leads nowhere");
    path = path.parent_path();
  }
  return path;
}

}  // namespace

void require_writable_folder(const fs::path& folder) {
  const fs::path existing = nearest_existing(fs::absolute(folder));
  require(fs::is_directory(existing), folder.string(), ": cannot be written: ", existing.string(),
          " is not a folder");
  // Permissions alone do not tell: a file system may be read-only, full or not a real one.
  std::string probe = (existing / ".qprompt-XXXXXX").string();
  const bool made = ::mkdtemp(probe.data()) != nullptr;
  require(made, folder.string(), ": cannot be written: ", std::strerror(errno));
  ::rmdir(probe.c_str());
}

namespace {

void require_writable_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  require(fs::status_known(status), path.string(), ": cannot be written: ", error.message());
  require(!fs::is_directory(status), path.string(), ": cannot be written: is a folder");
  const bool replaced = !fs::exists(status) || fs::is_regular_file(status);
  if (replaced) require_writable_folder(fs::absolute(path).parent_path());
}

// The file that a path leads to, whichever way; the path itself where there is none yet.
fs::path place_of(const fs::path& path) {
  std::error_code error;
  const fs::path place = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path) : place;
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return place_of(a) == place_of(b) || (fs::equivalent(a, b, error) && !error);
}

}  // namespace

bool lies_in(const fs::path& path, const fs::path& folder) {
  return qprompt::lies_in(place_of(path), place_of(folder));
}

namespace {

// A model's folder is read as a whole; of others, which may be any folder, the pictures.
bool is_read_from(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error) || !fs::exists(path, error) || !lies_in(path, folder))
    return false;
  return fs::exists(folder / "config.json") || fs::exists(folder / "open_clip_config.json") ||
         has_image_extension(place_of(path));
}

}  // namespace

void OverwriteArgument::add_to(CLI::App& app) {
  app.add_flag("--force", force, "overwrite what is there already");
}

void OverwriteArgument::require_writable(const std::vector<std::string>& outputs,
                                         const std::vector<std::string>& inputs) const {
  std::vector<std::string> before;
  for (const std::string& output : outputs) {
    if (output.empty() || output == "-") continue;
    require_writable_file(output);
    for (const std::string& input : inputs) {
      require(input.empty() || !(same_file(output, input) || is_read_from(output, input)), output,
              ": is read by this command too (", input, "): write to another file");
    }
    for (const std::string& other : before) {
      require(!same_file(output, other), output, ": is to be written twice, as ", other, " too");
    }
    require(force || !fs::is_regular_file(output), output,
            ": is there already; --force overwrites it");
    before.push_back(output);
  }
}

void OutputArgument::write(std::string_view text) const {
  if (!wanted()) return;
  if (to_stdout()) {
    write_stdout(text);
  } else {
    write_file(path, text);
  }
}

void JsonArgument::add_to(CLI::App& app) {
  app.add_option("--json", path,
                 "write the report here as JSON, with every setting; -: to stdout, nothing else")
      ->type_name("FILE");
}

void JsonArgument::write(const std::function<nlohmann::ordered_json()>& report) const {
  if (wanted()) OutputArgument::write(json_text(report()));
}

}  // namespace qprompt::cli

#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored)) path = path.parent_path();
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

void OutputArgument::require_writable() const {
  if (!wanted() || to_stdout()) return;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  require(!fs::is_directory(status), path, ": cannot be written: is a folder");
  const bool replaced = !fs::exists(status) || fs::is_regular_file(status);
  if (replaced) require_writable_folder(fs::absolute(path).parent_path());
}

void OutputArgument::write(std::string_view text) const {
  if (!wanted()) return;
  if (to_stdout()) {
    fmt::print("{}", text);
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

std::string csv_row(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) row += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      row += field;
      continue;
    }
    row += '"';
    for (const char c : field) row += c == '"' ? std::string("\"\"") : std::string(1, c);
    row += '"';
  }
  return row + "\n";
}

}  // namespace qprompt::cli

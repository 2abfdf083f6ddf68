#include "cli/demo_assets.h"

#include "qprompt/core/error.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

fs::path set_folder;

fs::path default_folder() {
  if (!set_folder.empty()) return set_folder;
  std::error_code error;  // where there is no /proc: from the working folder
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = (folder / QPROMPT_DEMO_FROM_BIN).lexically_normal();
  const fs::path built = (folder / QPROMPT_DEMO_FROM_BUILD).lexically_normal();
  return fs::is_directory(installed) ? installed : built;
}

fs::path required(const fs::path& path) {
  require(fs::exists(path), path.string(),
          ": not there, expected the demo's folder model and its file drawings.json (--assets)");
  return path;
}

}  // namespace

void set_demo_folder(const fs::path& folder) { set_folder = folder; }

DemoAssets find_demo_assets(const fs::path& given) {
  const fs::path folder = given.empty() ? default_folder() : given;
  return {required(folder / "model"), required(folder / "drawings.json")};
}

}  // namespace qprompt::cli

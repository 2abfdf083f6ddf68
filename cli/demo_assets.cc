#include "cli/demo_assets.h"

#include "qprompt/core/error.h"
#include "qprompt/data/image_folder.h"

namespace qprompt::cli {
namespace {

namespace fs = std::filesystem;

fs::path default_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = (program.parent_path() / QPROMPT_DEMO_FROM_BIN).lexically_normal();
  return !error && fs::is_directory(installed) ? installed : fs::path(QPROMPT_BUILD_DEMO_DIR);
}

fs::path required_folder(const fs::path& folder) {
  require(fs::is_directory(folder), folder.string(),
          ": no such folder, expected the demo's folders model, pictures and classify (--assets)");
  return folder;
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> pictures = content_below(folder).images;
  require(!pictures.empty(), folder.string(), ": no pictures, expected CLASS.png");
  return pictures;
}

}  // namespace

DemoAssets find_demo_assets(const fs::path& given) {
  const fs::path folder = given.empty() ? default_folder() : given;
  return {required_folder(folder / "model"), required_folder(folder / "pictures"),
          pictures_in(required_folder(folder / "classify"))};
}

}  // namespace qprompt::cli

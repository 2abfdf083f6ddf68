#pragma once

#include <filesystem>
#include <vector>

namespace qprompt::cli {

// What the demo works on; tools/demo_world/README.md tells where it comes from.
struct DemoAssets {
  std::filesystem::path model;                  // a tiny CLIP
  std::filesystem::path pictures;               // class folders with train, val and test
  std::vector<std::filesystem::path> classify;  // CLASS.png: further pictures of new classes
};

// In `given`, else where the package installs it, seen from this program, else in the source tree
// that this program was built from. Throws Error naming the folder where something is missing.
DemoAssets find_demo_assets(const std::filesystem::path& given);

}  // namespace qprompt::cli

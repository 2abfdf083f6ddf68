#pragma once

#include <filesystem>

namespace qprompt::cli {

// What the demo works on; tools/demo_world/README.md tells where it comes from.
struct DemoAssets {
  std::filesystem::path model;  // a tiny CLIP
  std::filesystem::path data;   // a split in CoOp's format, whose order of classes makes the halves
};

// Where they lie for a program that is not installed beside them.
void set_demo_folder(const std::filesystem::path& folder);

// In `given`, else in the folder that was set, else where the package installs it, seen from this
// program, else in the source tree that this program was built from. Throws Error naming what is
// missing.
DemoAssets find_demo_assets(const std::filesystem::path& given);

}  // namespace qprompt::cli

#pragma once

#include <filesystem>
#include <string>

#include "cli/demo.h"

namespace qprompt::cli {

struct DemoPlaces {
  std::filesystem::path model, prompt, records;
};

// One HTML page that needs nothing beside it: what was done and what came out. `seconds`: of the
// whole command.
std::string demo_page(const DemoResult& result, const DemoPlaces& places,
                      const kernels::DeviceInfo& machine, double seconds);

}  // namespace qprompt::cli

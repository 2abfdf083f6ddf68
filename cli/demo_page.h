#pragma once

#include <string>

#include "cli/demo.h"

namespace qprompt::cli {

struct DemoPlaces {
  std::filesystem::path model, pictures, prompt;
};

// One HTML page that needs nothing beside it: what was done and what came out. `seconds`: of the
// whole run.
std::string demo_page(const DemoResult& result, const DemoPlaces& places,
                      const kernels::DeviceInfo& machine, double seconds);

}  // namespace qprompt::cli

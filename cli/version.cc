#include "cli/version.h"

#include <fmt/format.h>

#include "qprompt/core/fields.h"
#include "qprompt/kernels/device.h"

namespace qprompt::cli {

std::string version_text() {
  const kernels::DeviceInfo info = kernels::Device().info();
  return fmt::format(
      "qprompt {}\n"
      "matrix products   {}, {}\n"
      "hand-written SIMD Highway, {}\n"
      "CPU               {}\n"
      "threads           {}\n"
      "number format     {}: {}",
      QPROMPT_VERSION, info.library, info.instruction_set, info.simd, info.vendor, info.threads,
      kernels::precision_name(info), info.reason);
}

}  // namespace qprompt::cli

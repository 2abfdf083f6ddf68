#include "qprompt/clip/feature_identity.h"

#include <span>

#include "qprompt/core/hash.h"
#include "qprompt/kernels/device.h"

namespace qprompt {
namespace {

// Changed whenever the towers or what prepares images for them give other numbers than before.
constexpr std::uint64_t kTowerVersion = 5;
constexpr std::uint64_t kInt8Images = 16;

}  // namespace

std::uint64_t feature_identity(const Model& model) {
  const kernels::DeviceInfo machine = model.device().info();
  const std::uint64_t format =
      static_cast<std::uint64_t>(machine.format) + (machine.int8_images ? kInt8Images : 0);
  const std::uint64_t words[] = {model.identity(), kTowerVersion, format};
  return hash64(std::as_bytes(std::span(words)));
}

}  // namespace qprompt

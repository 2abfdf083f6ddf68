#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/image_folder.h"
#include "tests/support/random_model.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::testing {

inline kernels::DeviceOptions float32(int threads = 2) {
  return {threads, kernels::Precision::kFloat32};
}

// small_clip_shape() with random weights. Its folder is gone when this returns: the model lives in
// the memory map.
inline Model random_model(std::uint64_t seed = 1, const kernels::DeviceOptions& device = float32(),
                          std::shared_ptr<const Ranks> ranks = nullptr) {
  const TemporaryFolder folder;
  write_random_model(folder.path(), small_clip_shape(), seed);
  return Model::load(folder.path().string(), {.device = device, .ranks = std::move(ranks)});
}

// The checkpoint and the pictures that come with the repository.
inline std::filesystem::path demo_folder() {
  return std::filesystem::path(QPROMPT_SOURCE_DIR) / "assets" / "demo";
}
inline Model demo_model(const kernels::DeviceOptions& device = float32()) {
  return Model::load((demo_folder() / "model").string(), {device, {}});
}
inline std::vector<std::filesystem::path> demo_pictures(std::size_t count) {
  auto pictures = content_below(demo_folder() / "pictures").images;
  require(pictures.size() >= count, "demo_pictures: ", pictures.size(), ", expected ", count);
  pictures.resize(count);
  return pictures;
}

}  // namespace qprompt::testing

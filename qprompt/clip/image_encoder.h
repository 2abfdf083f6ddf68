#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "qprompt/clip/transformer.h"
#include "qprompt/kernels/buffer.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

// Learned rows of the image tower: `tokens` [n, width] are appended after the patches, before
// ln_pre; deep[l] overwrites them at the input of block l + 1. Shallow prompts alone leave `deep`
// empty. A gradient has the same shape.
struct VisionPrompts {
  Matrix tokens;
  std::vector<Matrix> deep;

  VisionPrompts& operator+=(const VisionPrompts& other) {
    tokens += other.tokens;
    for (std::size_t l = 0; l < deep.size(); ++l) deep[l] += other.deep[l];
    return *this;
  }
};

// Memory of image passes, one pass at a time. Reuse it: buffers grow to the largest pass and stay.
struct ImageWorkspace {
  using Team = kernels::Stream::Team;
  explicit ImageWorkspace(const kernels::Device& device, Team team = Team::kAll)
      : transformer(device, team),
        workers(static_cast<std::size_t>(team == Team::kAll ? device.threads() : 0)) {}

  // What one of the device's threads works in alone; made when it is first asked for.
  ImageWorkspace& of_worker(const kernels::Device& device, int worker) {
    auto& own = workers[static_cast<std::size_t>(worker)];
    if (own == nullptr) own = std::make_unique<ImageWorkspace>(device, Team::kAlone);
    return *own;
  }

  TransformerWorkspace transformer;  // a ResNet uses its stream
  // A vision transformer's stem.
  kernels::Buffer patches;     // [n grid, 3 patch patch]
  kernels::Buffer patch_rows;  // [n grid, width], float32
  kernels::Buffer statistics;  // of ln_pre
  kernels::Buffer assembled;   // [rows, width] before ln_pre, float32
  // A ResNet's maps, float32.
  struct {
    kernels::Buffer x, inner, outer, pooled, y, tokens, qkv, attended, features;
  } maps;
  // Bytes that activations kept for the pull-back may take (ImageTower::images_at_once).
  std::size_t trace_budget = std::size_t{160} << 20;
  // Asked between chunks: a true answer throws Interrupted.
  std::function<bool()> stop;
  std::vector<std::unique_ptr<ImageWorkspace>> workers;
  // Counts what was worked through here: activations of the last one remain.
  std::uint64_t runs = 0;
};

// What an image tower is inside: a vision transformer or a ResNet, frozen. ImageTower sees to it
// that only what fits arrives here, one batch at a time.
class ImageEncoder {
 public:
  ImageEncoder() = default;
  ImageEncoder(const ImageEncoder&) = delete;
  ImageEncoder& operator=(const ImageEncoder&) = delete;
  virtual ~ImageEncoder() = default;

  // Before every pass one or the other, on the device's thread (block_stack.h).
  virtual void settle() const {}
  virtual void enter() const {}
  virtual Index image_size() const = 0;
  virtual Index prompt_width() const = 0;  // 0 where no vision prompt fits
  virtual Index layers() const = 0;        // blocks that vision prompts can enter
  virtual Index embed() const = 0;
  virtual void require_fit(const VisionPrompts& prompts) const = 0;
  virtual std::size_t trace_bytes(const VisionPrompts& prompts) const = 0;  // of one image

  virtual Matrix forward(const Matrix& images, const VisionPrompts& prompts,
                         ImageWorkspace& workspace, Keep keep) const = 0;
  // Adds to the prompts' gradient that of the batch which the workspace holds.
  virtual void pull_back(const VisionPrompts& prompts, const Matrix& d_features,
                         ImageWorkspace& workspace, VisionPrompts& d_prompts) const = 0;
};

}  // namespace qprompt

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/checkpoint/checkpoint_options.h"
#include "qprompt/checkpoint/clip_shape.h"
#include "qprompt/core/export.h"
#include "qprompt/kernels/device_options.h"

namespace qprompt {

class Checkpoint;
class Engine;
class ImageTower;
class Ranks;
class TextTower;
class Tokenizer;

namespace kernels {
class Device;
enum class Differentiable;
}  // namespace kernels

// What becomes of a tower's packed weights.
enum class TowerUse : int {
  kOften,   // they stay for as long as the model
  kInTurn,  // they go with their last user: less memory where towers are needed one after another
  kOnce,  // likewise, and a first pass of texts or of an image packs block by block and keeps none:
          // the soonest answer, with the least memory; from the second pass on as kInTurn
};

struct ModelOptions {
  kernels::DeviceOptions device{};                   // of an engine of the model's own
  std::optional<std::filesystem::path> tokenizer{};  // found beside the model where not given
  CheckpointOptions checkpoint{};                    // what its files may not say
  std::shared_ptr<Engine> engine{};                  // another model's, whose threads are shared
  // For the program itself: this process as one of several that work on one run, of an engine of
  // the model's own. All ranks make the same calls and have the same results (core/ranks.h).
  std::shared_ptr<const Ranks> ranks{};
  TowerUse tower_use = TowerUse::kOften;
};

// A CLIP checkpoint at work on an engine. Opening is cheap; a tower's weights are packed when it is
// first asked for. Copies are handles of one model; any number of threads may use it at once.
class QPROMPT_API Model {
 public:
  // `model` as in Checkpoint::open. Throws Error naming the file and what was expected.
  static Model load(const std::string& model, const ModelOptions& options = {});

  const ClipShape& shape() const;
  float logit_scale() const;
  std::filesystem::path path() const;  // the folder or file that was opened
  // What no file says and was assumed, a line each; empty where all is known.
  const std::vector<std::string>& assumptions() const;

  // Of everything that a feature depends on but the number format: all weights, sizes, activation,
  // heads, preprocessing. The same for every file layout that holds the same values. Computed when
  // first asked for, from all of the file.
  std::uint64_t identity() const;
  // What prompt files of version 0.1 know a backbone by: six weights, rounded to fp16.
  std::uint64_t fingerprint() const;

  // For the library itself.
  std::uint64_t number() const;  // of this model in this process: copies share it
  const Checkpoint& checkpoint() const;
  const Tokenizer& tokenizer() const;
  Engine& engine() const;
  const std::shared_ptr<Engine>& shared_engine() const;
  const kernels::Device& device() const;
  // The tower stays alive for as long as somebody holds it. A differentiable tower serves
  // evaluation too; asking for one after a plain one packs the weights again.
  std::shared_ptr<const TextTower> text_tower() const;
  std::shared_ptr<const TextTower> text_tower(kernels::Differentiable differentiable) const;
  std::shared_ptr<const ImageTower> image_tower() const;
  std::shared_ptr<const ImageTower> image_tower(kernels::Differentiable differentiable) const;

 private:
  struct Impl;
  explicit Model(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace qprompt

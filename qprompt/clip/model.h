#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qprompt/clip/checkpoint.h"
#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/text_tower.h"
#include "qprompt/clip/tokenizer.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

struct ModelOptions {
  kernels::DeviceOptions device;
  std::optional<std::filesystem::path> tokenizer;  // found beside the model where not given
};

// A CLIP checkpoint on a device. Opening is cheap; a tower's weights are packed when it is first
// asked for. Copies share the towers; safe to use from several threads.
class Model {
 public:
  // `model` as in Checkpoint::open. Throws Error naming the file and what was expected.
  static Model load(const std::string& model, const ModelOptions& options = {});

  const Checkpoint& checkpoint() const;
  const Tokenizer& tokenizer() const;
  const kernels::Device& device() const;
  const ClipShape& shape() const { return checkpoint().shape(); }
  std::uint64_t fingerprint() const;  // the same for every file layout of one model
  float logit_scale() const;

  // The tower stays alive for as long as somebody holds it. A differentiable tower serves
  // evaluation too; asking for one after a plain one packs the weights again.
  std::shared_ptr<const TextTower> text_tower(
      kernels::Differentiable differentiable = kernels::Differentiable::kNo) const;
  std::shared_ptr<const ImageTower> image_tower(
      kernels::Differentiable differentiable = kernels::Differentiable::kNo) const;
  // Gives back the image tower's memory, once nobody holds it; it is packed again when asked for.
  void release_image_tower() const;

 private:
  struct Impl;
  explicit Model(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// The class list in the model's tokens.
ClassTokens tokenize_classes(const Model& model, const std::vector<std::string>& class_names);

}  // namespace qprompt

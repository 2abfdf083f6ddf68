#include "qprompt/clip/engine.h"

#include <utility>

#include "qprompt/core/threads.h"

namespace qprompt {

Engine::Engine(const kernels::DeviceOptions& options, std::shared_ptr<const Ranks> ranks)
    : device_(options),
      decoders_(device_.threads()),
      ranks_(ranks != nullptr ? std::move(ranks) : std::make_shared<const Ranks>()),
      text_workspace_(device_),
      image_workspace_(device_) {
  // The device's thread, its team and the decoders. OpenMP ends the program where it gets no team.
  if (device_.threads() > 1) require_threads(1 + 2 * device_.threads());
}

Matrix Engine::encode(const TextTower& tower, std::shared_ptr<const EmbeddedTexts> texts,
                      const TextPrompts& prompts) {
  return split_rows(*ranks_, texts->classes(), [&](Part own) {
    Matrix features;
    device_.run([&] {
      features =
          tower.forward(part_of(texts, own), prompts, text_workspace_, Keep::kNothing).features();
    });
    return features;
  });
}

Matrix Engine::encode(const ImageTower& tower, const Matrix& images, const VisionPrompts& prompts) {
  Matrix features;
  device_.run([&] { features = tower.forward(images, prompts, image_workspace_); });
  return features;
}

}  // namespace qprompt

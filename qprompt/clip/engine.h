#pragma once

#include <memory>

#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/text_tower.h"
#include "qprompt/core/ranks.h"
#include "qprompt/core/thread_pool.h"
#include "qprompt/kernels/device.h"

namespace qprompt {

// A machine at work for one model or for several that share it, and for any number of callers: the
// device with its one thread (and that thread's team), threads that decode images, and the memory
// of passes that keep nothing. However many callers there are, there are no more threads than these
// and no more memory for such passes than the largest of them takes.
class Engine {
 public:
  // `ranks`: this engine is one of several, each in a process of its own; none: it is alone. Of
  // several ranks one caller at a time may be at work.
  explicit Engine(const kernels::DeviceOptions& options = {},
                  std::shared_ptr<const Ranks> ranks = nullptr);

  const kernels::Device& device() const { return device_; }
  ThreadPool& decoders() { return decoders_; }
  const Ranks& ranks() const { return *ranks_; }

  // Features [n_cls, embed], not normalised. Ranks share the classes among them.
  Matrix encode(const TextTower& tower, std::shared_ptr<const EmbeddedTexts> texts,
                const TextPrompts& prompts);
  // Features [n, embed], not normalised, of images [n, 3 size size], planar and normalised. On this
  // rank alone: images are shared among ranks before they are read.
  Matrix encode(const ImageTower& tower, const Matrix& images, const VisionPrompts& prompts);

 private:
  kernels::Device device_;
  ThreadPool decoders_;
  std::shared_ptr<const Ranks> ranks_;
  // Touched on the device's thread alone.
  TextWorkspace text_workspace_;
  ImageWorkspace image_workspace_;
};

}  // namespace qprompt

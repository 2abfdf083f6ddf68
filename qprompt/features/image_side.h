#pragma once

#include <cstdint>
#include <memory>

#include "qprompt/clip/image_tower.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/matrix.h"

namespace qprompt {

// The image side of a model: its frozen image tower, with learned tokens in it or without. Whatever
// is encoded for anybody is encoded here. Safe to use from several threads.
class ImageSide {
 public:
  // The tower is packed when the first image needs it.
  explicit ImageSide(const Model& model, VisionPrompts prompts = {});

  const Model& model() const { return model_; }
  bool is_prompted() const { return prompts_.tokens.size() > 0; }

  // Tells image sides of this process apart: no head may score what another side saw.
  std::uint64_t number() const { return number_; }
  // Of everything that features depend on beside the picture, for caches.
  std::uint64_t identity() const;

  // Features [n, embed], not normalised, the nearest fp16 values (as caches keep them), of images
  // [n, 3 size size], planar and normalised.
  Matrix encode(const Eigen::Ref<const Matrix>& pixels) const;

 private:
  struct Tower;

  Model model_;
  VisionPrompts prompts_;
  std::uint64_t number_;
  std::shared_ptr<Tower> tower_;  // copies of the side share it
};

}  // namespace qprompt

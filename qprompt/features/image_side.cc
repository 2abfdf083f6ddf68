#include "qprompt/features/image_side.h"

#include <mutex>

#include "qprompt/clip/engine.h"
#include "qprompt/clip/feature_identity.h"
#include "qprompt/core/half.h"
#include "qprompt/core/hash.h"

namespace qprompt {
namespace {

constexpr Index kBatch = 32;  // images that the tower sees at once

std::uint64_t hash_of(const VisionPrompts& prompts, std::uint64_t seed) {
  if (prompts.tokens.size() == 0) return seed;
  std::uint64_t hash = hash64(std::as_bytes(values_of(prompts.tokens)), seed);
  for (const Matrix& deep : prompts.deep) hash = hash64(std::as_bytes(values_of(deep)), hash);
  return hash;
}

}  // namespace

struct ImageSide::Tower {
  std::once_flag once;
  std::shared_ptr<const ImageTower> packed;
};

ImageSide::ImageSide(const Model& model, VisionPrompts prompts)
    : model_(model),
      prompts_(std::move(prompts)),
      number_(hash_of(prompts_, model.number())),
      tower_(std::make_shared<Tower>()) {}

std::uint64_t ImageSide::identity() const { return hash_of(prompts_, feature_identity(model_)); }

Matrix ImageSide::encode(const Eigen::Ref<const Matrix>& pixels) const {
  std::call_once(tower_->once, [&] { tower_->packed = model_.image_tower(); });
  Matrix features(pixels.rows(), model_.shape().embed);
  for (Index first = 0; first < pixels.rows(); first += kBatch) {
    const Index count = std::min(kBatch, pixels.rows() - first);
    features.middleRows(first, count) =
        model_.engine().encode(*tower_->packed, pixels.middleRows(first, count), prompts_);
  }
  return features.unaryExpr(&half_rounded);
}

}  // namespace qprompt

#include "qprompt/clip/model.h"

#include <mutex>

namespace qprompt {

using kernels::Differentiable;

namespace {

// A tower that is packed when it is first asked for, and again when a differentiable one is.
template <typename Tower>
struct PackedTower {
  std::shared_ptr<const Tower> tower;
  Differentiable packed = Differentiable::kNo;

  std::shared_ptr<const Tower> get(const Checkpoint& checkpoint, const kernels::Device& device,
                                   Differentiable wanted) {
    const bool needs_more = wanted == Differentiable::kYes && packed == Differentiable::kNo;
    if (tower == nullptr || needs_more) {
      tower = nullptr;  // never two at once
      tower = std::make_shared<Tower>(checkpoint, device, wanted);
      packed = wanted;
    }
    return tower;
  }
};

}  // namespace

struct Model::Impl {
  Checkpoint checkpoint;
  Tokenizer tokenizer;
  kernels::Device device;
  std::uint64_t fingerprint;
  float logit_scale;

  std::mutex mutex;  // guards the towers below
  PackedTower<TextTower> text;
  PackedTower<ImageTower> image;
};

Model::Model(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Model Model::load(const std::string& model, const ModelOptions& options) {
  const Checkpoint checkpoint = Checkpoint::open(model);
  const Tokenizer tokenizer = load_tokenizer_for(checkpoint, options.tokenizer);
  return Model(std::shared_ptr<Impl>(new Impl{checkpoint,
                                              tokenizer,
                                              kernels::Device(options.device),
                                              checkpoint.fingerprint(),
                                              checkpoint.logit_scale(),
                                              {},
                                              {},
                                              {}}));
}

const Checkpoint& Model::checkpoint() const { return impl_->checkpoint; }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer; }
const kernels::Device& Model::device() const { return impl_->device; }
std::uint64_t Model::fingerprint() const { return impl_->fingerprint; }
float Model::logit_scale() const { return impl_->logit_scale; }

std::shared_ptr<const TextTower> Model::text_tower(kernels::Differentiable differentiable) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->text.get(impl_->checkpoint, impl_->device, differentiable);
}

std::shared_ptr<const ImageTower> Model::image_tower(kernels::Differentiable differentiable) const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->image.get(impl_->checkpoint, impl_->device, differentiable);
}

void Model::release_image_tower() const {
  const std::scoped_lock lock(impl_->mutex);
  impl_->image.tower = nullptr;
}

ClassTokens tokenize_classes(const Model& model, const std::vector<std::string>& class_names) {
  return tokenize_classes(model.tokenizer(), class_names, model.shape().context_length);
}

}  // namespace qprompt

#include "qprompt/clip/model.h"

#include <mutex>

namespace qprompt {

struct Model::Impl {
  Checkpoint checkpoint;
  Tokenizer tokenizer;
  kernels::Device device;
  std::uint64_t fingerprint;
  float logit_scale;

  std::mutex mutex;  // guards the towers below
  std::shared_ptr<const TextTower> text;
  bool text_differentiable = false;
  std::shared_ptr<const ImageTower> image;
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
                                              nullptr,
                                              false,
                                              nullptr}));
}

const Checkpoint& Model::checkpoint() const { return impl_->checkpoint; }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer; }
const kernels::Device& Model::device() const { return impl_->device; }
std::uint64_t Model::fingerprint() const { return impl_->fingerprint; }
float Model::logit_scale() const { return impl_->logit_scale; }

std::shared_ptr<const TextTower> Model::text_tower(kernels::Differentiable differentiable) const {
  const std::scoped_lock lock(impl_->mutex);
  const bool needs_more =
      differentiable == kernels::Differentiable::kYes && !impl_->text_differentiable;
  if (impl_->text == nullptr || needs_more) {
    impl_->text = nullptr;  // never two at once
    impl_->text = std::make_shared<TextTower>(impl_->checkpoint, impl_->device, differentiable);
    impl_->text_differentiable = differentiable == kernels::Differentiable::kYes;
  }
  return impl_->text;
}

std::shared_ptr<const ImageTower> Model::image_tower() const {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->image == nullptr) {
    impl_->image = std::make_shared<ImageTower>(impl_->checkpoint, impl_->device);
  }
  return impl_->image;
}

void Model::release_image_tower() const {
  const std::scoped_lock lock(impl_->mutex);
  impl_->image = nullptr;
}

}  // namespace qprompt

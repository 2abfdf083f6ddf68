#include "qprompt/clip/model.h"

#include <atomic>
#include <mutex>

#include "qprompt/checkpoint/checkpoint_tokenizer.h"
#include "qprompt/clip/engine.h"
#include "qprompt/core/border.h"

namespace qprompt {

using kernels::Differentiable;

namespace {

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// A tower that is packed when it is first asked for, and again when a differentiable one is.
template <typename Tower>
class PackedTower {
 public:
  std::shared_ptr<const Tower> get(const Checkpoint& checkpoint, const kernels::Device& device,
                                   Differentiable wanted, TowerUse use) {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<const Tower> tower = tower_.lock();
    const bool needs_more = wanted == Differentiable::kYes && packed_ == Differentiable::kNo;
    if (tower == nullptr || needs_more) {
      tower = nullptr;
      kept_ = nullptr;  // two at once only where somebody holds the other
      const bool in_passing = use == TowerUse::kOnce && wanted == Differentiable::kNo;
      const Packing packing = in_passing ? Packing::kInPassing : Packing::kAtOnce;
      device.run(
          [&] { tower = std::make_shared<const Tower>(checkpoint, device, wanted, packing); });
      packed_ = wanted;
      tower_ = tower;
      if (use == TowerUse::kOften) kept_ = tower;
    }
    return tower;
  }

 private:
  std::mutex mutex_;
  std::weak_ptr<const Tower> tower_;
  std::shared_ptr<const Tower> kept_;
  Differentiable packed_ = Differentiable::kNo;
};

}  // namespace

struct Model::Impl {
  Impl(const std::string& model, const ModelOptions& options)
      : checkpoint(Checkpoint::open(model, options.checkpoint)),
        tokenizer(load_tokenizer_for(checkpoint, options.tokenizer)),
        engine(options.engine ? options.engine
                              : std::make_shared<Engine>(options.device, options.ranks)),
        tower_use(options.tower_use),
        logit_scale(checkpoint.logit_scale()) {}

  const std::uint64_t number = next_number();
  Checkpoint checkpoint;
  Tokenizer tokenizer;
  std::shared_ptr<Engine> engine;
  TowerUse tower_use;
  float logit_scale;

  std::once_flag identified, fingerprinted;
  std::uint64_t identity = 0, fingerprint = 0;
  PackedTower<TextTower> text;
  PackedTower<ImageTower> image;
  PackedTower<ImageTower> int8_image;  // which no differentiable one stands in for
};

Model::Model(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Model Model::load(const std::string& model, const ModelOptions& options) {
  return at_border([&] { return Model(std::make_shared<Impl>(model, options)); });
}

const ClipShape& Model::shape() const { return impl_->checkpoint.shape(); }
float Model::logit_scale() const { return impl_->logit_scale; }
std::filesystem::path Model::path() const { return impl_->checkpoint.path(); }

const std::vector<std::string>& Model::assumptions() const {
  return impl_->checkpoint.assumptions();
}

std::uint64_t Model::identity() const {
  return at_border([&] {
    std::call_once(impl_->identified, [&] {
      impl_->identity = impl_->checkpoint.identity(impl_->engine->decoders());
    });
    return impl_->identity;
  });
}

std::uint64_t Model::fingerprint() const {
  return at_border([&] {
    std::call_once(impl_->fingerprinted,
                   [&] { impl_->fingerprint = impl_->checkpoint.fingerprint(); });
    return impl_->fingerprint;
  });
}

std::uint64_t Model::number() const { return impl_->number; }
const Checkpoint& Model::checkpoint() const { return impl_->checkpoint; }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer; }
Engine& Model::engine() const { return *impl_->engine; }
const std::shared_ptr<Engine>& Model::shared_engine() const { return impl_->engine; }
const kernels::Device& Model::device() const { return impl_->engine->device(); }

std::shared_ptr<const TextTower> Model::text_tower() const {
  return text_tower(Differentiable::kNo);
}
std::shared_ptr<const TextTower> Model::text_tower(Differentiable differentiable) const {
  return impl_->text.get(impl_->checkpoint, device(), differentiable, impl_->tower_use);
}

std::shared_ptr<const ImageTower> Model::image_tower() const {
  return image_tower(Differentiable::kNo);
}
std::shared_ptr<const ImageTower> Model::image_tower(Differentiable differentiable) const {
  const bool int8 = device().info().int8_images && differentiable == Differentiable::kNo;
  return (int8 ? impl_->int8_image : impl_->image)
      .get(impl_->checkpoint, device(), differentiable, impl_->tower_use);
}

}  // namespace qprompt

#include "qprompt/clip/image_tower.h"

#include <algorithm>

#include "qprompt/clip/resnet.h"
#include "qprompt/clip/vision_transformer.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

std::unique_ptr<const ImageEncoder> make_encoder(const Checkpoint& checkpoint,
                                                 const kernels::Device& device,
                                                 kernels::Differentiable differentiable) {
  if (checkpoint.shape().resnet) {
    require(!device.info().int8_images,
            "precision int8: this model's image tower is a ResNet, and int8 is for ViTs");
    return std::make_unique<ResNet>(checkpoint, device);
  }
  return std::make_unique<VisionTransformer>(checkpoint, device, differentiable);
}

VisionPrompts zeros_like(const VisionPrompts& prompts) {
  VisionPrompts zeros{Matrix::Zero(prompts.tokens.rows(), prompts.tokens.cols()), {}};
  for (const Matrix& deep : prompts.deep) {
    zeros.deep.push_back(Matrix::Zero(deep.rows(), deep.cols()));
  }
  return zeros;
}

}  // namespace

void require_vision_prompts(const ClipShape& shape) {
  require(!shape.resnet,
          "vision prompts: this model's image tower is a ResNet, which has no tokens that prompts "
          "could stand among; take a ViT, or a method that prompts the text tower");
}

ImageTower::ImageTower(const Checkpoint& checkpoint, const kernels::Device& device,
                       kernels::Differentiable differentiable)
    : device_(device), encoder_(make_encoder(checkpoint, device, differentiable)) {}
ImageTower::~ImageTower() = default;
ImageTower::ImageTower(ImageTower&&) noexcept = default;
ImageTower& ImageTower::operator=(ImageTower&&) noexcept = default;

void ImageTower::require_fit(const Matrix& images, const VisionPrompts& prompts) const {
  require(images.cols() == 3 * image_size() * image_size(), "ImageTower: images of ", images.cols(),
          " values, expected 3 x ", image_size(), " x ", image_size());
  encoder_->require_fit(prompts);
}

Matrix ImageTower::run(const Matrix& images, const VisionPrompts& prompts,
                       ImageWorkspace& workspace, Keep keep) const {
  if (images.rows() == 0) return Matrix(0, encoder_->embed());
  if (workspace.stop && workspace.stop()) throw Interrupted();
  return encoder_->forward(images, prompts, workspace, keep);
}

Matrix ImageTower::forward(const Matrix& images, const VisionPrompts& prompts,
                           ImageWorkspace& workspace) const {
  require_fit(images, prompts);
  Matrix features;
  device_.run([&] { features = run_alone(images, prompts, workspace); });
  return features;
}

// Images know nothing of each other: every thread takes whole ones, and none waits for another.
// What would leave threads without an image is done by all of them together.
Matrix ImageTower::run_alone(const Matrix& images, const VisionPrompts& prompts,
                             ImageWorkspace& workspace) const {
  ++workspace.runs;
  const Index rest = images.rows() % device_.threads(), alone = images.rows() - rest;
  if (device_.threads() == 1 || alone == 0) {
    return run(images, prompts, workspace, Keep::kNothing);
  }
  if (workspace.stop && workspace.stop()) throw Interrupted();
  Matrix features(images.rows(), encoder_->embed());
  device_.each_alone(alone, [&](Index i, int worker) {
    features.row(i) =
        run(images.row(i), prompts, workspace.of_worker(device_, worker), Keep::kNothing);
  });
  if (rest > 0) {
    features.bottomRows(rest) = run(images.bottomRows(rest), prompts, workspace, Keep::kNothing);
  }
  return features;
}

ImagePass ImageTower::forward(const Matrix& images, const VisionPrompts& prompts,
                              ImageWorkspace& workspace, Keep keep) const {
  return {*this, images, prompts, workspace, keep};
}

ImagePass::ImagePass(const ImageTower& tower, const Matrix& images, const VisionPrompts& prompts,
                     ImageWorkspace& workspace, Keep keep)
    : tower_(&tower), workspace_(&workspace), prompts_(prompts), keep_(keep) {
  tower.require_fit(images, prompts);
  if (keep_ == Keep::kNothing) {
    features_ = tower.forward(images, prompts_, workspace);
    return;
  }
  images_ = images;
  cut_into_chunks();
  features_.resize(images.rows(), tower.encoder_->embed());
  tower.device_.run([&] { run_chunks(); });
}

// Where there are as many images as threads, each thread takes a part of them alone.
void ImagePass::cut_into_chunks() {
  const Index threads = tower_->device_.threads();
  at_once_ = images_.rows() >= threads ? threads : 1;
  const std::size_t bytes = tower_->encoder_->trace_bytes(prompts_);
  const auto affordable =
      static_cast<Index>(workspace_->trace_budget / std::max<std::size_t>(bytes, 1));
  const Index share = (images_.rows() + at_once_ - 1) / at_once_;
  chunk_ = std::clamp<Index>(affordable / at_once_, 1, std::max<Index>(1, share));
}

// The first image of every chunk of a round, and how many it has.
template <typename Work>
void ImagePass::for_each_chunk(const Work& work) {
  const auto run_one = [&](Index first, ImageWorkspace& workspace) {
    work(first, std::min(chunk_, images_.rows() - first), workspace);
  };
  if (at_once_ == 1) {
    for (Index first = 0; first < images_.rows(); first += chunk_) run_one(first, *workspace_);
    return;
  }
  const kernels::Device& device = tower_->device_;
  for (Index round = 0; round < images_.rows(); round += at_once_ * chunk_) {
    const Index rest = (images_.rows() - round + chunk_ - 1) / chunk_;
    device.each_alone(std::min(at_once_, rest), [&](Index i, int) {
      run_one(round + i * chunk_, workspace_->of_worker(device, static_cast<int>(i)));
    });
  }
}

// Only a single round's activations can stay.
bool ImagePass::is_one_round() const { return at_once_ * chunk_ >= images_.rows(); }

void ImagePass::run_chunks() {
  const Keep now = is_one_round() ? keep_ : Keep::kNothing;
  ++workspace_->runs;
  for_each_chunk([&](Index first, Index count, ImageWorkspace& workspace) {
    features_.middleRows(first, count) =
        tower_->run(images_.middleRows(first, count), prompts_, workspace, now);
  });
  if (now == Keep::kForPullBack) resident_run_ = workspace_->runs;
}

VisionPrompts ImagePass::pull_back(const Matrix& d_features) {
  require(keep_ == Keep::kForPullBack, "ImagePass::pull_back: the pass kept nothing");
  require(prompts_.tokens.rows() > 0,
          "ImagePass::pull_back: a pass without vision prompts has nothing to differentiate");
  require(d_features.rows() == features_.rows() && d_features.cols() == features_.cols(),
          "ImagePass::pull_back: d_features [", d_features.rows(), ", ", d_features.cols(),
          "], expected [", features_.rows(), ", ", features_.cols(), "]");
  std::vector<VisionPrompts> parts(
      static_cast<std::size_t>((images_.rows() + chunk_ - 1) / chunk_));
  tower_->device_.run([&] {
    const bool resident = is_one_round() && workspace_->runs == resident_run_;
    if (!resident) ++workspace_->runs;
    for_each_chunk([&](Index first, Index count, ImageWorkspace& workspace) {
      const Matrix images = images_.middleRows(first, count);
      if (!resident) tower_->run(images, prompts_, workspace, Keep::kForPullBack);
      VisionPrompts& part = parts[static_cast<std::size_t>(first / chunk_)];
      part = zeros_like(prompts_);
      tower_->encoder_->pull_back(prompts_, d_features.middleRows(first, count), workspace, part);
    });
    if (is_one_round()) resident_run_ = workspace_->runs;
  });
  // In the images' order, whoever was faster.
  VisionPrompts sum = zeros_like(prompts_);
  for (const VisionPrompts& part : parts) {
    sum.tokens += part.tokens;
    for (std::size_t l = 0; l < sum.deep.size(); ++l) sum.deep[l] += part.deep[l];
  }
  return sum;
}

}  // namespace qprompt

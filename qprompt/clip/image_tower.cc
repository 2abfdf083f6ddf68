#include "qprompt/clip/image_tower.h"

#include <algorithm>
#include <numeric>

#include "qprompt/clip/resnet.h"
#include "qprompt/clip/vision_transformer.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

std::unique_ptr<const ImageEncoder> make_encoder(const Checkpoint& checkpoint,
                                                 const kernels::Device& device,
                                                 kernels::Differentiable differentiable,
                                                 Packing packing) {
  if (checkpoint.shape().resnet) {
    require(!device.info().int8_images,
            "precision int8: this model's image tower is a ResNet, and int8 is for ViTs");
    return std::make_unique<ResNet>(checkpoint, device);
  }
  return std::make_unique<VisionTransformer>(checkpoint, device, differentiable, packing);
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
                       kernels::Differentiable differentiable, Packing packing)
    : device_(device), encoder_(make_encoder(checkpoint, device, differentiable, packing)) {}
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
    encoder_->enter();
    return run(images, prompts, workspace, Keep::kNothing);
  }
  encoder_->settle();
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

Index ImageTower::images_at_once(const VisionPrompts& prompts,
                                 const ImageWorkspace& workspace) const {
  const std::size_t bytes = std::max<std::size_t>(1, encoder_->trace_bytes(prompts));
  const auto affordable = static_cast<Index>(workspace.trace_budget / bytes);
  return device_.threads() * std::max<Index>(1, affordable / device_.threads());
}

std::vector<Part> ImageTower::parts_of(Index images, const VisionPrompts& prompts,
                                       const ImageWorkspace& workspace) const {
  const Index at_once = images_at_once(prompts, workspace);
  std::vector<Part> parts;
  for (Index first = 0; first < images; first += at_once) {
    parts.push_back({first, std::min(at_once, images - first)});
  }
  return parts;
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
  cut_images();
  features_.resize(images.rows(), tower.encoder_->embed());
  tower.device_.run([&] {
    tower.encoder_->settle();
    rounds_.forward(tower.device_, keep, workspace.runs,
                    [&](Index chunk, Index slot, Keep now) { run(chunk, slot, now); });
  });
}

// Where there are as many images as threads, each thread takes a part of them alone.
void ImagePass::cut_images() {
  const Index threads = tower_->device_.threads(), images = images_.rows();
  rounds_.at_once = images >= threads ? threads : 1;
  std::vector<Index> begin(static_cast<std::size_t>(images) + 1);
  std::iota(begin.begin(), begin.end(), Index{0});
  chunks_ = cut_into_chunks(begin, tower_->images_at_once(prompts_, *workspace_), rounds_.at_once);
  rounds_.chunks = std::ssize(chunks_);
}

ImageWorkspace& ImagePass::workspace_of(Index slot) const {
  return rounds_.at_once == 1 ? *workspace_
                              : workspace_->of_worker(tower_->device_, static_cast<int>(slot));
}

void ImagePass::run(Index number, Index slot, Keep keep) {
  const auto [first, count] = chunks_[static_cast<std::size_t>(number)];
  features_.middleRows(first, count) =
      tower_->run(images_.middleRows(first, count), prompts_, workspace_of(slot), keep);
}

VisionPrompts ImagePass::pull_back(const Matrix& d_features) {
  require(keep_ == Keep::kForPullBack, "ImagePass::pull_back: the pass kept nothing");
  require(prompts_.tokens.rows() > 0,
          "ImagePass::pull_back: a pass without vision prompts has nothing to differentiate");
  require(d_features.rows() == features_.rows() && d_features.cols() == features_.cols(),
          "ImagePass::pull_back: d_features [", d_features.rows(), ", ", d_features.cols(),
          "], expected [", features_.rows(), ", ", features_.cols(), "]");
  std::vector<VisionPrompts> parts(chunks_.size(), zeros_like(prompts_));
  tower_->device_.run([&] {
    rounds_.pull_back(
        tower_->device_, workspace_->runs,
        [&](Index chunk, Index slot, Keep keep) { run(chunk, slot, keep); },
        [&](Index chunk, Index slot) {
          const auto number = static_cast<std::size_t>(chunk);
          const auto [first, count] = chunks_[number];
          tower_->encoder_->pull_back(prompts_, d_features.middleRows(first, count),
                                      workspace_of(slot), parts[number]);
        });
  });
  // In the images' order, whoever was faster.
  VisionPrompts sum = zeros_like(prompts_);
  for (const VisionPrompts& part : parts) sum += part;
  return sum;
}

}  // namespace qprompt

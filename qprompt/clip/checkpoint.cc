#include "qprompt/clip/checkpoint.h"

#include <cmath>
#include <type_traits>
#include <utility>

#include "qprompt/clip/checkpoint_files.h"
#include "qprompt/clip/hub.h"
#include "qprompt/clip/shape_check.h"
#include "qprompt/clip/weight_lists.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt {
namespace {

// Visitors over weight_lists.h.
struct Check {
  const Weights& weights;
  template <typename Target>
  void operator()(const std::string& name, const std::vector<Index>& shape, Target&) {
    weights.check(name, shape);
  }
};

struct Read {
  const Weights& weights;
  void operator()(const std::string& name, const std::vector<Index>& shape, Matrix& target) {
    target = weights.matrix(name, shape);
  }
  void operator()(const std::string& name, const std::vector<Index>& shape, Vector& target) {
    target = weights.matrix(name, shape).row(0).transpose();
  }
};

void require_layer(Index layer, Index layers) {
  require(layer >= 0 && layer < layers, "checkpoint: layer ", layer, " of ", layers);
}

}  // namespace

struct Checkpoint::Impl : CheckpointFiles {
  std::vector<Index> token_shape() const { return {shape.vocabulary, shape.text.width}; }

  // Every tensor is there, floating-point and of the right shape: known before any is read.
  void check_all() const {
    Check check{weights};
    TextStem text_stem;
    ImageStem image_stem;
    BlockWeights block;
    weights.check("logit_scale", {});
    weights.check("token_embedding.weight", token_shape());
    visit_text_stem(shape, text_stem, check);
    visit_image_stem(shape, image_stem, check);
    for (Index layer = 0; layer < shape.text.layers; ++layer) {
      visit_block(text_block_prefix(layer), shape.text, block, check);
    }
    for (Index layer = 0; layer < shape.image.layers; ++layer) {
      visit_block(image_block_prefix(layer), shape.image, block, check);
    }
  }
};

Checkpoint::Checkpoint(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Checkpoint Checkpoint::open(const std::string& model) {
  const bool in_hub = !std::filesystem::exists(model) && is_hub_name(model);
  const auto path = in_hub ? find_in_hub_cache(model) : std::filesystem::path(model);
  const auto impl = std::make_shared<const Impl>(Impl{open_checkpoint_files(path)});
  check_shape(impl->shape, path);
  impl->check_all();
  return Checkpoint(impl);
}

const ClipShape& Checkpoint::shape() const { return impl_->shape; }
const std::filesystem::path& Checkpoint::path() const { return impl_->path; }
const std::string& Checkpoint::layout() const { return impl_->layout; }

float Checkpoint::logit_scale() const {
  return std::exp(impl_->weights.matrix("logit_scale", {})(0, 0));
}

TextStem Checkpoint::text_stem() const {
  TextStem stem;
  Read read{impl_->weights};
  visit_text_stem(shape(), stem, read);
  return stem;
}

ImageStem Checkpoint::image_stem() const {
  ImageStem stem;
  Read read{impl_->weights};
  visit_image_stem(shape(), stem, read);
  return stem;
}

BlockWeights Checkpoint::text_block(Index layer) const {
  require_layer(layer, shape().text.layers);
  BlockWeights block;
  Read read{impl_->weights};
  visit_block(text_block_prefix(layer), shape().text, block, read);
  return block;
}

BlockWeights Checkpoint::image_block(Index layer) const {
  require_layer(layer, shape().image.layers);
  BlockWeights block;
  Read read{impl_->weights};
  visit_block(image_block_prefix(layer), shape().image, block, read);
  return block;
}

Matrix Checkpoint::token_embeddings(std::span<const int> tokens) const {
  return impl_->weights.rows("token_embedding.weight", impl_->token_shape(), tokens);
}

// Prompt files store it: neither the choice of weights nor their order ever changes. The last
// blocks differ between models that were fine-tuned from one another.
std::uint64_t Checkpoint::fingerprint() const {
  const ClipShape& sizes = shape();
  const std::string text = text_block_prefix(sizes.text.layers - 1);
  const std::string image = image_block_prefix(sizes.image.layers - 1);
  const std::pair<std::string, std::vector<Index>> selected[] = {
      {"text_projection", {sizes.text.width, sizes.embed}},
      {"visual.proj", {sizes.image.width, sizes.embed}},
      {"positional_embedding", {sizes.context_length, sizes.text.width}},
      {"visual.positional_embedding", {1 + sizes.grid * sizes.grid, sizes.image.width}},
      {text + "attn.in_proj_weight", {3 * sizes.text.width, sizes.text.width}},
      {image + "attn.in_proj_weight", {3 * sizes.image.width, sizes.image.width}}};
  std::uint64_t hash = 0;
  for (const auto& [name, weight_shape] : selected) {
    const auto rounded = impl_->weights.matrix(name, weight_shape).cast<Eigen::half>().eval();
    hash = hash64(std::as_bytes(std::span(rounded.data(), rounded.size())), hash);
  }
  return hash;
}

void Checkpoint::drop_pages() const { impl_->weights.source().drop_pages(); }

}  // namespace qprompt

#include "qprompt/checkpoint/checkpoint.h"

#include <cmath>
#include <type_traits>
#include <utility>

#include "qprompt/checkpoint/checkpoint_files.h"
#include "qprompt/checkpoint/hub.h"
#include "qprompt/checkpoint/shape_check.h"
#include "qprompt/checkpoint/weight_lists.h"
#include "qprompt/core/error.h"
#include "qprompt/core/hash.h"

namespace qprompt {
namespace {

// Visits weight_lists.h.
struct Read {
  const Weights& weights;
  void operator()(const std::string& name, const std::vector<Index>& shape, Matrix& target) {
    target = weights.matrix(name, shape);
  }
  void operator()(const std::string& name, const std::vector<Index>& shape, Vector& target) {
    target = weights.matrix(name, shape).row(0).transpose();
  }
};

// Long-CLIP keeps CLIP's first positions and learns the others anew (model_longclip.py, mask1).
constexpr Index kKeptPositions = 20;

using SelectedWeight = std::pair<std::string, std::vector<Index>>;

// Visits weight_lists.h for names and shapes alone.
struct List {
  std::vector<SelectedWeight>& weights;
  template <typename Target>
  void operator()(const std::string& name, const std::vector<Index>& shape, Target&) {
    weights.emplace_back(name, shape);
  }
};

std::vector<SelectedWeight> all_weights(const ClipShape& shape) {
  std::vector<SelectedWeight> weights{
      {"logit_scale", {}}, {"token_embedding.weight", {shape.vocabulary, shape.text.width}}};
  List list{weights};
  TextStem text_stem;
  BlockWeights block;
  visit_text_stem(shape, text_stem, list);
  for (Index layer = 0; layer < shape.text.layers; ++layer) {
    visit_block(text_block_prefix(layer), shape.text, block, list);
  }
  visit_image_tower(shape, list);
  return weights;
}

void require_layer(Index layer, Index layers) {
  require(layer >= 0 && layer < layers, "checkpoint: layer ", layer, " of ", layers);
}

}  // namespace

struct Checkpoint::Impl : CheckpointFiles {
  std::vector<Index> token_shape() const { return {shape.vocabulary, shape.text.width}; }

  // Every tensor is there, floating-point and of the right shape, and no other: known before any
  // is read.
  void check_all() const {
    std::vector<std::string> names;
    for (const auto& [name, sizes] : all_weights(shape)) {
      weights.check(name, sizes);
      names.push_back(name);
    }
    weights.require_all_known(names);
  }

  const ResNetShape& resnet() const {
    require(shape.resnet.has_value(), path.string(), ": the image tower is no ResNet");
    return *shape.resnet;
  }
  void require_transformer() const {
    require(!shape.resnet, path.string(), ": the image tower is a ResNet, no transformer");
  }
};

Checkpoint::Checkpoint(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Checkpoint Checkpoint::open(const std::string& model, const CheckpointOptions& options) {
  try {
    const auto path = find_model(model);
    const auto impl = std::make_shared<const Impl>(Impl{open_checkpoint_files(path, options)});
    check_shape(impl->shape, path);
    impl->check_all();
    return Checkpoint(impl);
  } catch (const std::filesystem::filesystem_error& error) {
    fail(error.path1().string(), ": cannot read: ", error.code().message());
  }
}

const ClipShape& Checkpoint::shape() const { return impl_->shape; }
const std::filesystem::path& Checkpoint::path() const { return impl_->path; }
const std::string& Checkpoint::layout() const { return impl_->layout; }
const std::vector<std::string>& Checkpoint::assumptions() const { return impl_->assumptions; }

float Checkpoint::logit_scale() const {
  return std::exp(impl_->weights.matrix("logit_scale", {})(0, 0));
}

TextStem Checkpoint::text_stem() const {
  TextStem stem;
  Read read{impl_->weights};
  visit_text_stem(shape(), stem, read);
  if (shape().stretched_positions) {
    const Index stretched = shape().context_length - kKeptPositions;
    stem.positions.bottomRows(stretched) = stem.stretched_positions.bottomRows(stretched);
    stem.stretched_positions = Matrix();
  }
  return stem;
}

ImageStem Checkpoint::image_stem() const {
  impl_->require_transformer();
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
  impl_->require_transformer();
  require_layer(layer, shape().image.layers);
  BlockWeights block;
  Read read{impl_->weights};
  visit_block(image_block_prefix(layer), shape().image, block, read);
  return block;
}

ResNetStem Checkpoint::resnet_stem() const {
  ResNetStem stem;
  Read read{impl_->weights};
  visit_resnet_stem(impl_->resnet(), stem, read);
  return stem;
}

BottleneckWeights Checkpoint::bottleneck(Index stage, Index block) const {
  require_layer(stage, 4);
  require_layer(block, impl_->resnet().blocks[static_cast<std::size_t>(stage)]);
  BottleneckWeights weights;
  Read read{impl_->weights};
  visit_bottleneck(impl_->resnet(), stage, block, weights, read);
  return weights;
}

AttentionPoolWeights Checkpoint::attention_pool() const {
  impl_->resnet();
  AttentionPoolWeights pool;
  Read read{impl_->weights};
  visit_attention_pool(shape(), pool, read);
  return pool;
}

Matrix Checkpoint::token_embeddings(std::span<const int> tokens) const {
  return impl_->weights.rows("token_embedding.weight", impl_->token_shape(), tokens);
}

namespace {

// The last blocks differ between models that were fine-tuned from one another.
std::vector<SelectedWeight> selected_weights(const ClipShape& sizes) {
  const std::string text = text_block_prefix(sizes.text.layers - 1) + "attn.in_proj_weight";
  const Index tokens = 1 + sizes.grid * sizes.grid;
  const SelectedWeight text_projection{"text_projection", {sizes.text.width, sizes.embed}};
  const SelectedWeight text_positions{"positional_embedding",
                                      {sizes.context_length, sizes.text.width}};
  const SelectedWeight text_block{text, {3 * sizes.text.width, sizes.text.width}};
  if (sizes.resnet) {
    const Index width = sizes.resnet->channels();
    const std::string pool = "visual.attnpool.";
    return {text_projection, {pool + "c_proj.weight", {sizes.embed, width}},
            text_positions,  {pool + "positional_embedding", {tokens, width}},
            text_block,      {pool + "q_proj.weight", {width, width}}};
  }
  const Index width = sizes.image.width;
  const std::string image = image_block_prefix(sizes.image.layers - 1) + "attn.in_proj_weight";
  return {text_projection, {"visual.proj", {width, sizes.embed}},
          text_positions,  {"visual.positional_embedding", {tokens, width}},
          text_block,      {image, {3 * width, width}}};
}

// What a configuration file says of the weights; their sizes are in their shapes.
std::vector<float> settings_of(const ClipShape& shape) {
  std::vector<float> settings;
  for (const TransformerShape* tower : {&shape.text, &shape.image}) {
    settings.push_back(static_cast<float>(tower->heads));
    settings.push_back(static_cast<float>(tower->activation));
    settings.push_back(tower->layer_norm_eps);
  }
  settings.push_back(static_cast<float>(shape.resnet ? shape.resnet->heads : 0));
  settings.push_back(static_cast<float>(shape.preprocessing.image_size));
  settings.insert(settings.end(), shape.preprocessing.mean.begin(), shape.preprocessing.mean.end());
  settings.insert(settings.end(), shape.preprocessing.std.begin(), shape.preprocessing.std.end());
  // Of what came later only what differs from CLIP's: identities stay.
  const Preprocessing& preprocessing = shape.preprocessing;
  for (const auto& [place, value] : {std::pair{1, static_cast<int>(preprocessing.resize_mode)},
                                     {2, static_cast<int>(preprocessing.interpolation)},
                                     {3, preprocessing.resize_size},
                                     {4, preprocessing.fill}}) {
    if (value == 0) continue;
    settings.push_back(static_cast<float>(place));
    settings.push_back(static_cast<float>(value));
  }
  return settings;
}

}  // namespace

// Prompt files store it: neither the list of weights nor their order ever changes.
std::uint64_t Checkpoint::identity(ThreadPool& threads) const {
  const std::vector<SelectedWeight> weights = all_weights(shape());
  std::vector<std::uint64_t> hashes(weights.size());
  threads.for_each(weights.size(), [&](std::size_t i) {
    hashes[i] = impl_->weights.hash(weights[i].first, weights[i].second);
    drop_pages();  // the file's, which would count as this process's memory all at once
  });
  const std::vector<float> settings = settings_of(shape());
  std::uint64_t hash = hash64(std::as_bytes(std::span(settings)));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    hash = hash64(std::as_bytes(std::span(weights[i].second)), hash64(weights[i].first, hash));
  }
  return hash64(std::as_bytes(std::span(hashes)), hash);
}

// Prompt files store it: neither the choice of weights nor their order ever changes.
std::uint64_t Checkpoint::fingerprint() const {
  std::uint64_t hash = 0;
  for (const auto& [name, weight_shape] : selected_weights(shape())) {
    const auto rounded = impl_->weights.matrix(name, weight_shape).cast<Eigen::half>().eval();
    hash = hash64(std::as_bytes(std::span(rounded.data(), rounded.size())), hash);
  }
  return hash;
}

void Checkpoint::drop_pages() const { impl_->weights.source().drop_pages(); }

}  // namespace qprompt

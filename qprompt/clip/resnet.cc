#include "qprompt/clip/resnet.h"

#include <cmath>
#include <utility>

#include "qprompt/checkpoint/resnet_weights.h"
#include "qprompt/clip/image_tower.h"
#include "qprompt/core/error.h"
#include "qprompt/kernels/attention.h"
#include "qprompt/kernels/patches.h"

namespace qprompt {

using kernels::Buffer;
using kernels::Convolution;
using kernels::ConvolutionShape;
using kernels::Epilogue;
using kernels::NumberFormat;
using kernels::Stream;

namespace {

constexpr float kBatchNormEps = 1e-5f;

Convolution fold_batch_norm(const kernels::Device& device, const ConvolutionWeights& w,
                            const ConvolutionShape& shape, Epilogue epilogue) {
  const Vector factor = w.scale.array() * (w.variance.array() + kBatchNormEps).rsqrt();
  const Vector bias = w.shift - w.mean.cwiseProduct(factor);
  return {device, factor.asDiagonal() * w.weight, bias, shape, epilogue};
}

// Query, key and value as one layer; softmax(q k^T / sqrt(head width)): the scale goes into the
// queries.
kernels::Linear pack_qkv(const kernels::Device& device, const AttentionPoolWeights& pool,
                         Index heads) {
  const Index width = pool.query.weight.rows();
  const Index head_width = width / heads;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_width));
  Matrix weight(3 * width, width);
  weight << scale * pool.query.weight, pool.key.weight, pool.value.weight;
  Vector bias(3 * width);
  bias << scale * pool.query.bias, pool.key.bias, pool.value.bias;
  return {device, weight, bias, kernels::Differentiable::kNo, NumberFormat::kFloat32};
}

void apply(const Convolution& convolution, Stream& stream, const Buffer& x, Buffer& y,
           Index images) {
  const Index side = convolution.side_out();
  y.resize(images * side * side, convolution.outputs(), NumberFormat::kFloat32);
  convolution.forward(stream, x.view(), y.view());
}

// x, or its average pool in `pooled`.
const Buffer& pool_by(Index stride, Index side, Stream& stream, const Buffer& x, Buffer& pooled) {
  if (stride == 1) return x;
  pooled.resize(x.rows() / (stride * stride), x.cols(), NumberFormat::kFloat32);
  kernels::average_pool(stream, side, stride, x.view(), pooled.view());
  return pooled;
}

}  // namespace

ResNet::ResNet(const Checkpoint& checkpoint, const kernels::Device& device)
    : ResNet(checkpoint, device, checkpoint.attention_pool()) {}

ResNet::ResNet(const Checkpoint& checkpoint, const kernels::Device& device,
               const AttentionPoolWeights& pool)
    : shape_(checkpoint.shape()),
      positions_(pool.positions),
      qkv_(pack_qkv(device, pool, shape_.resnet->heads)),
      projection_(device, pool.projection.weight, pool.projection.bias,
                  kernels::Differentiable::kNo, NumberFormat::kFloat32) {
  add_stem(checkpoint.resnet_stem(), device);
  for (Index stage = 0; stage < std::ssize(shape_.resnet->blocks); ++stage) {
    for (Index b = 0; b < shape_.resnet->blocks[static_cast<std::size_t>(stage)]; ++b) {
      add_bottleneck(checkpoint.bottleneck(stage, b), stage, b, device);
      checkpoint.drop_pages();
    }
  }
}

void ResNet::add_stem(const ResNetStem& stem, const kernels::Device& device) {
  const Index side = image_size();
  const auto add = [&](const ConvolutionWeights& weights, const ConvolutionShape& shape) {
    stem_.push_back(fold_batch_norm(device, weights, shape, Epilogue::kRelu));
  };
  add(stem.conv_1, {.side = side, .kernel = 3, .stride = 2});
  add(stem.conv_2, {.side = side / 2, .kernel = 3});
  add(stem.conv_3, {.side = side / 2, .kernel = 3});
}

void ResNet::add_bottleneck(const BottleneckWeights& w, Index stage, Index block,
                            const kernels::Device& device) {
  const BottleneckSizes sizes(*shape_.resnet, stage, block);
  const Index side_out = (image_size() / 4) >> stage, side = side_out * sizes.stride;
  Bottleneck bottleneck{
      fold_batch_norm(device, w.conv_1, {.side = side}, Epilogue::kRelu),
      fold_batch_norm(device, w.conv_2, {.side = side, .kernel = 3}, Epilogue::kRelu),
      fold_batch_norm(device, w.conv_3, {.side = side_out}, Epilogue::kAddRelu),
      std::nullopt,
      side,
      sizes.stride};
  if (sizes.shortcut) {
    bottleneck.shortcut = fold_batch_norm(device, w.shortcut, {.side = side_out}, Epilogue::kNone);
  }
  blocks_.push_back(std::move(bottleneck));
}

void ResNet::require_fit(const VisionPrompts& prompts) const {
  if (prompts.tokens.rows() > 0 || !prompts.deep.empty()) require_vision_prompts(shape_);
}

// Into maps.x: a map of a quarter of the image's side.
void ResNet::forward_stem(const Matrix& images, ImageWorkspace& w) const {
  Stream& stream = w.transformer.stream;
  const Index n = images.rows(), side = image_size();
  w.maps.y.resize(n * side * side, 3, NumberFormat::kFloat32);
  kernels::extract_patches(stream, images, side, 1, w.maps.y.view());
  apply(stem_[0], stream, w.maps.y, w.maps.inner, n);
  apply(stem_[1], stream, w.maps.inner, w.maps.outer, n);
  apply(stem_[2], stream, w.maps.outer, w.maps.inner, n);
  pool_by(2, side / 2, stream, w.maps.inner, w.maps.x);
}

// maps.x = relu(conv_3(pool(conv_2(conv_1(x)))) + shortcut(pool(x)))
void ResNet::forward(const Bottleneck& block, ImageWorkspace& w) const {
  Stream& stream = w.transformer.stream;
  const Index n = w.maps.x.rows() / (block.side * block.side);
  apply(block.conv_1, stream, w.maps.x, w.maps.inner, n);
  apply(block.conv_2, stream, w.maps.inner, w.maps.outer, n);
  if (block.shortcut) {
    const Buffer& x = pool_by(block.stride, block.side, stream, w.maps.x, w.maps.pooled);
    apply(*block.shortcut, stream, x, w.maps.y, n);
    std::swap(w.maps.x, w.maps.y);
  }
  const Buffer& outer = pool_by(block.stride, block.side, stream, w.maps.outer, w.maps.pooled);
  block.conv_3.forward(stream, outer.view(), w.maps.x.view());
}

// The map's mean asks: softmax(q k^T) v over itself and the map's pixels, projected.
Matrix ResNet::pool(ImageWorkspace& w) const {
  Stream& stream = w.transformer.stream;
  const Index tokens = positions_.rows(), channels = positions_.cols();
  const Index n = w.maps.x.rows() / (tokens - 1);
  w.maps.tokens.resize(n * tokens, channels, NumberFormat::kFloat32);
  kernels::assemble_map_rows(stream, w.maps.x.view(), positions_, w.maps.tokens.view());
  w.maps.qkv.resize(n * tokens, 3 * channels, NumberFormat::kFloat32);
  qkv_.forward(stream, w.maps.tokens.view(), w.maps.qkv.view());
  kernels::Sequences sequences;
  sequences.causal = false;
  for (Index i = 0; i <= n; ++i) sequences.begin.push_back(i * tokens);
  w.maps.attended.resize(n, channels, NumberFormat::kFloat32);
  kernels::attention(stream, sequences, shape_.resnet->heads, kernels::Queries::kFirst,
                     w.maps.qkv.view(), w.maps.attended.view());
  w.maps.features.resize(n, shape_.embed, NumberFormat::kFloat32);
  projection_.forward(stream, w.maps.attended.view(), w.maps.features.view());
  return kernels::download(w.maps.features.view());
}

Matrix ResNet::forward(const Matrix& images, const VisionPrompts&, ImageWorkspace& w, Keep) const {
  const Index cells = images.rows() * shape_.grid * shape_.grid;
  const Index width = shape_.resnet->channels();
  w.transformer.stream.expect_products_of(static_cast<double>(cells * width * width));
  forward_stem(images, w);
  for (const Bottleneck& block : blocks_) forward(block, w);
  return pool(w);
}

void ResNet::pull_back(const VisionPrompts&, const Matrix&, ImageWorkspace&, VisionPrompts&) const {
  require_vision_prompts(shape_);
}

}  // namespace qprompt

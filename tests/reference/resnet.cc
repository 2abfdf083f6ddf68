#include "tests/reference/resnet.h"

#include "tests/reference/transformer.h"

namespace qprompt::reference {
namespace {

constexpr double kBatchNormEps = 1e-5;

void batch_norm(Matrix& x, const ConvolutionWeights& w) {
  for (Index channel = 0; channel < x.rows(); ++channel) {
    const double deviation = std::sqrt(double{w.variance[channel]} + kBatchNormEps);
    x.row(channel) = (x.row(channel).array() - w.mean[channel]) / deviation * w.scale[channel] +
                     w.shift[channel];
  }
}

Linear in_double(const LinearWeights& layer) {
  return reference::in_double(layer.weight, layer.bias);
}

}  // namespace

FeatureMap convolution(const FeatureMap& x, const ConvolutionWeights& weights, Index kernel,
                       Index stride) {
  const Index in = x.pixels.rows(), out = weights.weight.rows(), pad = kernel / 2;
  FeatureMap y{(x.side + 2 * pad - kernel) / stride + 1, {}};
  y.pixels.resize(out, y.side * y.side);
  const Matrix kernels = weights.weight.cast<double>();
  Matrix window(in, kernel * kernel);
  for (Index p = 0; p < y.pixels.cols(); ++p) {
    for (Index k = 0; k < kernel * kernel; ++k) {
      const Index row = p / y.side * stride + k / kernel - pad;
      const Index col = p % y.side * stride + k % kernel - pad;
      const bool inside = row >= 0 && col >= 0 && row < x.side && col < x.side;
      if (inside) window.col(k) = x.pixels.col(row * x.side + col);
      if (!inside) window.col(k).setZero();
    }
    y.pixels.col(p) = kernels * window.reshaped<Eigen::RowMajor>();
  }
  batch_norm(y.pixels, weights);
  return y;
}

FeatureMap relu(FeatureMap x) {
  x.pixels = x.pixels.cwiseMax(0);
  return x;
}

FeatureMap average_pool(const FeatureMap& x, Index size) {
  FeatureMap y{x.side / size, {}};
  y.pixels.setZero(x.pixels.rows(), y.side * y.side);
  for (Index p = 0; p < x.pixels.cols(); ++p) {
    const Index row = p / x.side / size, col = p % x.side / size;
    y.pixels.col(row * y.side + col) += x.pixels.col(p) / static_cast<double>(size * size);
  }
  return y;
}

ResNet::ResNet(const Checkpoint& checkpoint)
    : shape_(checkpoint.shape()),
      stem_(checkpoint.resnet_stem()),
      pool_(checkpoint.attention_pool()) {
  for (Index stage = 0; stage < 4; ++stage) {
    for (Index b = 0; b < shape_.resnet->blocks[static_cast<std::size_t>(stage)]; ++b) {
      blocks_.push_back({checkpoint.bottleneck(stage, b), stage > 0 && b == 0 ? 2 : 1, b == 0});
    }
  }
}

FeatureMap ResNet::stem(const Matrix& image) const {
  FeatureMap x{shape_.preprocessing.image_size, image};
  x = relu(convolution(x, stem_.conv_1, 3, 2));
  x = relu(convolution(x, stem_.conv_2, 3, 1));
  x = relu(convolution(x, stem_.conv_3, 3, 1));
  return average_pool(x, 2);
}

FeatureMap ResNet::bottleneck(const Bottleneck& block, const FeatureMap& x) const {
  const BottleneckWeights& w = block.weights;
  FeatureMap y = relu(convolution(x, w.conv_1, 1, 1));
  y = relu(convolution(y, w.conv_2, 3, 1));
  y = convolution(average_pool(y, block.stride), w.conv_3, 1, 1);
  const FeatureMap shortcut =
      block.shortcut ? convolution(average_pool(x, block.stride), w.shortcut, 1, 1) : x;
  y.pixels += shortcut.pixels;
  return relu(y);
}

RowVector ResNet::pool(const FeatureMap& x) const {
  Matrix tokens(1 + x.pixels.cols(), x.pixels.rows());
  tokens.row(0) = x.pixels.rowwise().mean().transpose();
  tokens.bottomRows(x.pixels.cols()) = x.pixels.transpose();
  tokens += pool_.positions.cast<double>();
  const Matrix q = linear(in_double(pool_.query), tokens), k = linear(in_double(pool_.key), tokens),
               v = linear(in_double(pool_.value), tokens);
  const Index width = tokens.cols() / shape_.resnet->heads;
  Matrix y(tokens.rows(), tokens.cols());
  for (Index first = 0; first < tokens.cols(); first += width) {
    const Heads head{q.middleCols(first, width), k.middleCols(first, width),
                     v.middleCols(first, width)};
    y.middleCols(first, width) = attention(head, Mask::kNone);
  }
  return linear(in_double(pool_.projection), y.row(0));
}

Matrix ResNet::forward(const std::vector<Matrix>& images) const {
  Matrix features(std::ssize(images), shape_.embed);
  for (std::size_t i = 0; i < images.size(); ++i) {
    FeatureMap x = stem(images[i]);
    for (const Bottleneck& block : blocks_) x = bottleneck(block, x);
    features.row(static_cast<Index>(i)) = pool(x);
  }
  return features;
}

}  // namespace qprompt::reference

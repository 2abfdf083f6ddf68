#include "tests/support/tiny_resnet.h"

#include <array>
#include <cmath>

namespace qprompt::testing {
namespace {

constexpr Index kWidth = 8, kChannels = 32 * kWidth, kEmbed = 16, kImageSize = 64;
constexpr std::array<int, 4> kBlocks{2, 1, 1, 2};

// Norms' weights and variances lie around 1, biases and means around 0; the rest keeps the scale of
// what it is applied to.
float weight_number(const std::string& name, const std::vector<Index>& shape, std::size_t i) {
  const double u = hashed_number(name, i);
  const bool vector = shape.size() < 2;
  double value = 0.4 * (u - 0.5);
  if (name.ends_with("running_var") || (vector && name.ends_with(".weight"))) value = 0.5 + u;
  if (!vector) {
    const auto fan_in = static_cast<double>(checked_size(shape).value() / shape[0]);
    value = (u - 0.5) * 2 * std::sqrt(3 / fan_in);
  }
  return static_cast<float>(Eigen::half(static_cast<float>(value)));
}

class Builder {
 public:
  void add(const std::string& name, const std::vector<Index>& shape) {
    OwnedTensor& tensor = tensors[name];
    tensor.shape = shape;
    tensor.values.resize(static_cast<std::size_t>(checked_size(shape).value()));
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      tensor.values[i] = weight_number(name, shape, i);
    }
  }

  void convolution(const std::string& name, const std::string& norm, Index in, Index out,
                   Index kernel) {
    add(name + ".weight", {out, in, kernel, kernel});
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
      add(norm + part, {out});
    }
  }

  void bottleneck(const std::string& prefix, Index in, Index inner, bool shortcut) {
    convolution(prefix + "conv1", prefix + "bn1", in, inner, 1);
    convolution(prefix + "conv2", prefix + "bn2", inner, inner, 3);
    convolution(prefix + "conv3", prefix + "bn3", inner, 4 * inner, 1);
    if (shortcut) convolution(prefix + "downsample.0", prefix + "downsample.1", in, 4 * inner, 1);
  }

  void text_tower() {
    const std::string block = "transformer.resblocks.0.";
    add("logit_scale", {});
    add("token_embedding.weight", {kTinyVocabulary, 64});
    add("positional_embedding", {7, 64});
    add("text_projection", {64, kEmbed});
    for (const std::string& norm : {std::string("ln_final"), block + "ln_1", block + "ln_2"}) {
      add(norm + ".weight", {64});
      add(norm + ".bias", {64});
    }
    add(block + "attn.in_proj_weight", {192, 64});
    add(block + "attn.in_proj_bias", {192});
    add(block + "attn.out_proj.weight", {64, 64});
    add(block + "attn.out_proj.bias", {64});
    add(block + "mlp.c_fc.weight", {96, 64});
    add(block + "mlp.c_fc.bias", {96});
    add(block + "mlp.c_proj.weight", {64, 96});
    add(block + "mlp.c_proj.bias", {64});
  }

  void image_tower() {
    const std::string visual = "visual.";
    convolution(visual + "conv1", visual + "bn1", 3, kWidth / 2, 3);
    convolution(visual + "conv2", visual + "bn2", kWidth / 2, kWidth / 2, 3);
    convolution(visual + "conv3", visual + "bn3", kWidth / 2, kWidth, 3);
    Index in = kWidth;
    for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
      const Index inner = kWidth << stage;
      for (int block = 0; block < kBlocks[stage]; ++block) {
        bottleneck(visual + "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".",
                   in, inner, block == 0);
        in = 4 * inner;
      }
    }
    const std::string pool = visual + "attnpool.";
    add(pool + "positional_embedding", {5, kChannels});
    for (const char* name : {"q_proj", "k_proj", "v_proj", "c_proj"}) {
      const Index out = name[0] == 'c' ? kEmbed : kChannels;
      add(pool + name + ".weight", {out, kChannels});
      add(pool + name + ".bias", {out});
    }
  }

  Tensors tensors;
};

}  // namespace

double hashed_number(const std::string& name, std::size_t i) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  hash += static_cast<std::uint32_t>(i) * 2654435769u;
  hash = (hash ^ (hash >> 16)) * 2246822507u;
  hash = (hash ^ (hash >> 13)) * 3266489909u;
  return (hash ^ (hash >> 16)) * 0x1p-32;
}

Tensors tiny_resnet_clip() {
  Builder builder;
  builder.text_tower();
  builder.image_tower();
  return builder.tensors;
}

nlohmann::json tiny_resnet_config() {
  return {{"model_cfg",
           {{"embed_dim", kEmbed},
            {"quick_gelu", true},
            {"vision_cfg",
             {{"image_size", kImageSize},
              {"layers", kBlocks},
              {"width", kWidth},
              {"patch_size", nullptr}}},
            {"text_cfg",
             {{"context_length", 7},
              {"vocab_size", kTinyVocabulary},
              {"width", 64},
              {"heads", 1},
              {"layers", 1},
              {"mlp_ratio", 1.5}}}}}};
}

Matrix tiny_resnet_images(Index n) {
  constexpr Index kCell = 8, kPixels = kImageSize * kImageSize;
  Matrix images(n, 3 * kPixels);
  for (Index i = 0; i < images.size(); ++i) {
    const Index plane = i / kPixels, y = i % kPixels / kImageSize, x = i % kImageSize;
    const Index cell =
        (plane * (kImageSize / kCell) + y / kCell) * (kImageSize / kCell) + x / kCell;
    const double colour = hashed_number("colours", static_cast<std::size_t>(cell));
    const double noise = hashed_number("noise", static_cast<std::size_t>(i));
    images.data()[i] = static_cast<float>(6 * colour + noise - 3.5);
  }
  return images;
}

}  // namespace qprompt::testing

#include "tests/support/tiny_slip.h"

#include "qprompt/core/random.h"
#include "tests/support/torch_writer.h"

namespace qprompt::testing {
namespace {

const std::map<std::string, std::string> kStem{
    {"visual.conv1.weight", "visual.patch_embed.proj.weight"},
    {"visual.class_embedding", "visual.cls_token"},
    {"visual.positional_embedding", "visual.pos_embed"},
    {"visual.ln_post.weight", "visual.norm.weight"},
    {"visual.ln_post.bias", "visual.norm.bias"},
    {"visual.proj", "image_projection"}};

std::string in_block(std::string name) {
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"visual.transformer.resblocks.", "visual.blocks."},
                                          {"ln_", "norm"},
                                          {"attn.in_proj_", "attn.qkv."},
                                          {"attn.out_proj", "attn.proj"},
                                          {"mlp.c_fc", "mlp.fc1"},
                                          {"mlp.c_proj", "mlp.fc2"}}) {
    if (const auto at = name.find(from); at != name.npos) name.replace(at, from.size(), to);
  }
  return name;
}

// Writes "key: tensor" with its storage as an entry of the archive.
class StoredTensors {
 public:
  explicit StoredTensors(PickleWriter& pickle) : pickle_(pickle) {}

  void add(const std::string& name, const OwnedTensor& tensor) {
    const std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
    const std::string key = std::to_string(entries.size());
    pickle_.text(name).tensor({.key = key,
                               .storage_size = static_cast<std::int64_t>(tensor.values.size()),
                               .shape = shape,
                               .strides = dense_strides(shape)});
    entries["data/" + key] = bytes_of(tensor.values);
  }

  std::map<std::string, std::string> entries;

 private:
  PickleWriter& pickle_;
};

}  // namespace

Tensors tiny_slip() {
  Tensors slip;
  for (const auto& [name, tensor] : tiny_clip()) {
    if (name.starts_with("visual.ln_pre")) continue;
    const auto stem = kStem.find(name);
    const bool block = name.starts_with("visual.transformer.");
    OwnedTensor& stored = slip[stem != kStem.end() ? stem->second : block ? in_block(name) : name];
    stored = tensor;
    if (name == "visual.class_embedding") stored.shape = {1, 1, 128};
    if (name == "visual.positional_embedding") stored.shape = {1, 10, 128};
  }
  const Matrix bias = Random(7).normal_matrix(1, 128, 0.5);
  slip["visual.patch_embed.proj.bias"] = {{128}, {bias.data(), bias.data() + bias.size()}};
  slip["image_mlp.layer1.weight"] = {{2, 128}, std::vector<float>(256, 1)};
  return slip;
}

void write_slip_training(const std::filesystem::path& path, const Tensors& slip) {
  PickleWriter pickle;
  StoredTensors tensors(pickle);
  pickle.dict().mark().text("epoch").integer(25);
  pickle.text("state_dict").ordered_dict().mark();
  for (const auto& [name, tensor] : slip) tensors.add("module." + name, tensor);
  pickle.set_items();
  pickle.text("optimizer").dict().mark().text("state").dict().mark().integer(0).dict().mark();
  tensors.add("exp_avg", {{2, 2}, {1, 2, 3, 4}});
  pickle.set_items().set_items().set_items();
  pickle.text("args").global("argparse", "Namespace").raw(")\x81}").mark();
  pickle.text("model").text("SLIP_VITB16").text("ssl_mlp_dim").integer(4096).set_items().raw("b");
  tensors.entries["data.pkl"] = pickle.set_items().stop();
  write_archive(path, tensors.entries);
}

}  // namespace qprompt::testing

// What of a checkpoint is in its identity, and what is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/file.h"
#include "qprompt/core/thread_pool.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"
#include "tests/support/tiny_resnet.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Identity : public ::testing::Test {
 protected:
  std::uint64_t of(const fs::path& path) {
    return Checkpoint::open(path.string()).identity(threads_);
  }

  std::uint64_t of_tensors(const testing::Tensors& tensors) {
    testing::write_state_dict(folder_ / "clip.pt", tensors);
    return of(folder_ / "clip.pt");
  }
  std::uint64_t of_config(const Json& config) {
    testing::write_hugging_face(folder_ / "hf", tensors_);
    write_file(folder_ / "hf/config.json", config.dump());
    return of(folder_ / "hf");
  }
  // The identities that `tensors` have with one weight of each tensor changed by its last bit.
  std::set<std::uint64_t> with_one_bit_changed(const testing::Tensors& tensors) {
    std::set<std::uint64_t> identities;
    for (const auto& [name, tensor] : tensors) {
      testing::Tensors changed = tensors;
      float& value = changed.at(name).values[tensor.values.size() / 2];
      value = std::nextafter(value, std::numeric_limits<float>::infinity());
      identities.insert(of_tensors(changed));
    }
    return identities;
  }

  testing::TemporaryFolder folder_;
  testing::Tensors tensors_ = testing::tiny_clip();
  ThreadPool threads_{2};
};

TEST_F(Identity, HoldsEveryBitOfEveryWeight) {
  std::set<std::uint64_t> identities = with_one_bit_changed(tensors_);
  EXPECT_EQ(identities.size(), tensors_.size());
  EXPECT_FALSE(identities.contains(of_tensors(tensors_)));
}

TEST_F(Identity, HoldsEveryBitOfAResNetsWeights) {
  testing::Tensors resnet = testing::tiny_resnet_clip();
  std::erase_if(resnet,
                [](const auto& tensor) { return tensor.first.ends_with("num_batches_tracked"); });
  std::set<std::uint64_t> identities = with_one_bit_changed(resnet);
  EXPECT_EQ(identities.size(), resnet.size());
  EXPECT_FALSE(identities.contains(of_tensors(resnet)));
}

TEST_F(Identity, HoldsWhatTheConfigurationSaysOfTheWeights) {
  const Json config = testing::hugging_face_config();
  std::set<std::uint64_t> identities{of_config(config)};
  for (const char* tower : {"text_config", "vision_config"}) {
    Json changed = config;
    changed[tower]["hidden_act"] = "gelu";
    identities.insert(of_config(changed));
    changed = config;
    changed[tower]["num_attention_heads"] = 2 * config[tower]["num_attention_heads"].get<int>();
    identities.insert(of_config(changed));
    changed = config;
    changed[tower]["layer_norm_eps"] = 1e-6;
    identities.insert(of_config(changed));
  }
  EXPECT_EQ(identities.size(), 7u);
}

TEST_F(Identity, HoldsHowPixelsAreNormalised) {
  std::set<std::uint64_t> identities{of_config(testing::hugging_face_config())};
  for (const char* preprocessing :
       {R"({"image_mean": [0.5, 0.5, 0.5]})", R"({"image_std": [0.5, 0.5, 0.5]})"}) {
    write_file(folder_ / "hf/preprocessor_config.json", preprocessing);
    identities.insert(of(folder_ / "hf"));
  }
  EXPECT_EQ(identities.size(), 3u);
}

TEST_F(Identity, IsTheSameInEveryLayout) {
  const std::uint64_t identity = of_config(testing::hugging_face_config());
  testing::write_open_clip(folder_ / "oc", tensors_);
  testing::write_tensors(folder_ / "fp16", tensors_, ElementType::kFloat16);
  testing::write_state_dict(folder_ / "hf/pytorch_model.bin",
                            testing::hugging_face_names(tensors_));
  EXPECT_EQ(of(folder_ / "oc"), identity);
  EXPECT_EQ(of(folder_ / "fp16"), identity) << "values that fp16 holds exactly";
  fs::remove(folder_ / "hf/model.safetensors");
  EXPECT_EQ(of(folder_ / "hf"), identity);
}

TEST_F(Identity, IsTheSameOnAnyNumberOfThreads) {
  const std::uint64_t identity = of_tensors(tensors_);
  ThreadPool more(7);
  EXPECT_EQ(Checkpoint::open(folder_ / "clip.pt").identity(more), identity);
}

}  // namespace
}  // namespace qprompt

#include "qprompt/checkpoint/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

constexpr const char* kVariables[] = {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"};

// Each test sees an environment of its own.
class Hub : public ::testing::Test {
 protected:
  Hub() {
    for (const char* variable : kVariables) {
      const char* value = std::getenv(variable);
      saved_.emplace_back(variable, value == nullptr ? "" : value);
      unsetenv(variable);
    }
  }
  ~Hub() override {
    for (const auto& [variable, value] : saved_) {
      value.empty() ? unsetenv(variable.c_str()) : setenv(variable.c_str(), value.c_str(), 1);
    }
  }

  void set(const char* variable, const fs::path& value) { setenv(variable, value.c_str(), 1); }

  TemporaryFolder folder_;

 private:
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST_F(Hub, CacheFollowsTheEnvironment) {
  set("HOME", "/home/me");
  EXPECT_EQ(hub_cache(), "/home/me/.cache/huggingface/hub");
  set("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(hub_cache(), "/xdg/huggingface/hub");
  set("HF_HOME", "/hf");
  EXPECT_EQ(hub_cache(), "/hf/hub");
  set("HF_HUB_CACHE", "/cache");
  EXPECT_EQ(hub_cache(), "/cache");
}

TEST_F(Hub, FindsTheRevisionThatMainNames) {
  set("HF_HUB_CACHE", folder_.path());
  folder_.file("models--org--name/refs/main", "abc123\n");
  folder_.file("models--org--name/snapshots/abc123/config.json", "{}");
  folder_.file("models--org--name/snapshots/def456/config.json", "{}");
  EXPECT_EQ(find_in_hub_cache("org/name"), folder_ / "models--org--name/snapshots/abc123");
}

TEST_F(Hub, TakesTheOnlySnapshotWithoutMain) {
  set("HF_HUB_CACHE", folder_.path());
  folder_.file("models--org--name/snapshots/abc123/config.json", "{}");
  EXPECT_EQ(find_in_hub_cache("org/name"), folder_ / "models--org--name/snapshots/abc123");
  folder_.file("models--org--name/snapshots/def456/config.json", "{}");
  EXPECT_THROW(find_in_hub_cache("org/name"), Error);
}

TEST_F(Hub, NamesTheCommandThatFetches) {
  set("HF_HUB_CACHE", folder_.path());
  EXPECT_THAT(error_of([] { find_in_hub_cache("openai/clip-vit-base-patch16"); }),
              HasSubstr("fetch it with: hf download openai/clip-vit-base-patch16"));
}

TEST_F(Hub, NeverLeavesTheCache) {
  set("HF_HUB_CACHE", folder_ / "hub");
  folder_.file("secret/config.json", "{}");
  folder_.file("hub/models--org--name/refs/main", "../../../secret");
  EXPECT_THROW(find_in_hub_cache("org/name"), Error);
  EXPECT_THROW(find_in_hub_cache("../secret"), Error);
}

TEST(HubName, IsTwoPlainWords) {
  EXPECT_TRUE(is_hub_name("openai/clip-vit-base-patch16"));
  EXPECT_TRUE(is_hub_name("laion/CLIP-ViT-B-32-laion2B-s34B-b79K"));
  for (const char* name :
       {"", "model", "/model", "org/", "a/b/c", "../x", "./x", "a b/c", "a/.b"}) {
    EXPECT_FALSE(is_hub_name(name)) << name;
  }
}

}  // namespace
}  // namespace qprompt

// Files named alone, and folders of files that are not what their names say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/checkpoint/hub.h"
#include "qprompt/core/file.h"
#include "qprompt/core/thread_pool.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"
#include "tests/support/torch_writer.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 605247071\n";

class LoneFile : public ::testing::Test {
 protected:
  static Checkpoint open(const fs::path& path, const CheckpointOptions& options = {}) {
    return Checkpoint::open(path.string(), options);
  }
  static std::string error(const fs::path& path, const CheckpointOptions& options = {}) {
    return error_of([&] { open(path, options); });
  }
  std::uint64_t identity(const fs::path& path, const CheckpointOptions& options = {}) {
    return open(path, options).identity(threads_);
  }
  // A GELU model with narrow heads, whose weights do not show either.
  fs::path gelu_folder() {
    Json config = testing::open_clip_config();
    config["model_cfg"]["quick_gelu"] = false;
    config["model_cfg"]["vision_cfg"]["head_width"] = 32;
    write_file(folder_ / "oc/open_clip_config.json", config.dump());
    testing::write_state_dict(folder_ / "oc/open_clip_pytorch_model.bin", testing::tiny_clip());
    return folder_ / "oc";
  }
  fs::path state_dict() {
    testing::write_state_dict(folder_ / "clip.pt", testing::tiny_clip());
    return folder_ / "clip.pt";
  }

  testing::TemporaryFolder folder_;
  ThreadPool threads_{2};
};

TEST_F(LoneFile, UsesTheConfigurationBesideIt) {
  const fs::path folder = gelu_folder();
  const fs::path file = folder / "open_clip_pytorch_model.bin";
  EXPECT_EQ(identity(file), identity(folder));
  EXPECT_EQ(open(file).shape().image.heads, 4);
  EXPECT_EQ(open(file).shape().text.activation, Activation::kGelu);
  EXPECT_THAT(open(file).assumptions(), IsEmpty());
}

TEST_F(LoneFile, WithoutOneSaysWhatIsAssumed) {
  EXPECT_THAT(open(state_dict()).assumptions(),
              ElementsAre(AllOf(HasSubstr("quick_gelu"), HasSubstr("width 64"),
                                HasSubstr("otherwise: --activation, --heads"))));
  EXPECT_THAT(open(state_dict(), {.activation = Activation::kGelu}).assumptions(),
              ElementsAre(AllOf(HasSubstr("--heads"), Not(HasSubstr("gelu")))));
}

TEST_F(LoneFile, TakesActivationAndHeadsFromOptions) {
  const CheckpointOptions told{.activation = Activation::kGelu, .heads = Heads{1, 4}};
  EXPECT_EQ(identity(state_dict(), told), identity(gelu_folder()));
  EXPECT_THAT(open(state_dict(), told).assumptions(), IsEmpty());
  EXPECT_THAT(error(state_dict(), {.heads = Heads{1, 3}}), HasSubstr("with 3 heads"));
}

TEST_F(LoneFile, RefusesOptionsThatContradictAConfiguration) {
  EXPECT_THAT(
      error(gelu_folder(), {.activation = Activation::kQuickGelu}),
      AllOf(HasSubstr("--activation quick_gelu contradicts"), HasSubstr("open_clip_config.json")));
  EXPECT_THAT(error(gelu_folder(), {.heads = Heads{1, 2}}),
              AllOf(HasSubstr("--heads 1,2 contradicts"), HasSubstr("which has 1,4")));
  EXPECT_NO_THROW(open(gelu_folder(), {.activation = Activation::kGelu, .heads = Heads{1, 4}}));
}

TEST_F(LoneFile, OfTimmsFoldersIsOpenClips) {
  const fs::path folder = gelu_folder();
  write_file(folder / "config.json",
             R"({"architecture": "vit_base_patch32_clip_224", "pretrained_cfg": {}})");
  testing::write_tensors(folder / "model.safetensors", {{"cls_token", {{1}, {1}}}});
  EXPECT_EQ(open(folder).layout(), "open_clip");
}

TEST_F(LoneFile, ThatIsAGitLfsPointerIsSaidToBeOne) {
  for (const char* name : {"clip.pt", "model.safetensors", "hf/model.safetensors"}) {
    write_file(folder_ / name, kPointer);
    EXPECT_THAT(error(folder_ / name),
                AllOf(HasSubstr(name), HasSubstr("Git LFS pointer"), HasSubstr("git lfs pull")));
  }
  write_file(folder_ / "hf/config.json", testing::hugging_face_config().dump());
  EXPECT_THAT(error(folder_ / "hf"), HasSubstr("model.safetensors: a Git LFS pointer"));
}

TEST_F(LoneFile, BesideAPointerIsReadAndSaid) {
  testing::write_state_dict(folder_ / "hf/pytorch_model.bin",
                            testing::hugging_face_names(testing::tiny_clip()));
  write_file(folder_ / "hf/config.json", testing::hugging_face_config().dump());
  write_file(folder_ / "hf/model.safetensors", kPointer);
  EXPECT_THAT(
      open(folder_ / "hf").assumptions(),
      ElementsAre(HasSubstr("no preprocessor_config.json; CLIP's own preprocessing is assumed"),
                  AllOf(HasSubstr("model.safetensors is a Git LFS pointer"),
                        HasSubstr("pytorch_model.bin is read"))));
}

TEST_F(LoneFile, ThatIsAWebPageIsSaidToBeOne) {
  for (const char* page : {"<!DOCTYPE html><html>", "\n <html lang=\"en\"><title>401"}) {
    EXPECT_THAT(error(folder_.file("clip.pt", page)), HasSubstr("clip.pt: a web page"));
  }
}

TEST_F(LoneFile, ThatIsAnotherZipSaysWhatIsInIt) {
  testing::write_archive(folder_ / "clip.pt", {{"ViT-B-32.pt", "x"}});
  EXPECT_THAT(error(folder_ / "clip.pt"),
              AllOf(HasSubstr("a zip archive without data.pkl, which holds 'archive/ViT-B-32.pt'"),
                    HasSubstr("unpack it")));
}

TEST_F(LoneFile, OfAPublishedModelsNameIsItsHubName) {
  for (const char* name : {"ViT-B/16", "ViT-B-16", "vit-b-16-quickgelu"}) {
    EXPECT_THAT(error(name), HasSubstr("hf download openai/clip-vit-base-patch16"));
  }
  EXPECT_THAT(error("RN50"), HasSubstr("timm/resnet50_clip.openai"));
  EXPECT_THAT(error("hf-hub:no-such/model"), HasSubstr("hf download no-such/model"));
}

}  // namespace
}  // namespace qprompt

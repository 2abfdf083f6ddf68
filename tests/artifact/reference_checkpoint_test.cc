// Checkpoints of the published implementations: what is taken, what is passed over, what is
// refused.

#include "qprompt/artifact/reference_checkpoint.h"

#include <gmock/gmock.h>

#include <cmath>

#include "qprompt/core/half.h"
#include "qprompt/core/random.h"
#include "qprompt/formats/safetensors.h"
#include "tests/support/cases.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/torch_writer.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::PickleWriter;

struct Entry {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values = {};  // 1, 2, 3, ... where there are none
};

std::int64_t size_of(const Entry& entry) {
  std::int64_t size = 1;
  for (const std::int64_t dimension : entry.shape) size *= dimension;
  return size;
}

std::string storage_of(const Entry& entry) {
  std::vector<float> values = entry.values;
  for (std::int64_t i = std::ssize(values); i < size_of(entry); ++i) {
    values.push_back(static_cast<float>(i + 1));
  }
  return testing::bytes_of(values);
}

class Checkpoint : public ::testing::Test {
 protected:
  // {"state_dict": {...}, "optimizer": ..., "scheduler": system("touch <marker>")}
  fs::path dassl(const std::vector<Entry>& entries) {
    PickleWriter pickle;
    std::map<std::string, std::string> files;
    pickle.dict().mark().text("state_dict").ordered_dict().mark();
    for (const Entry& entry : entries) {
      const std::string key = std::to_string(files.size());
      pickle.text(entry.name)
          .tensor({.key = key,
                   .device = "cuda:0",
                   .storage_size = size_of(entry),
                   .shape = entry.shape,
                   .strides = testing::dense_strides(entry.shape)});
      files["data/" + key] = storage_of(entry);
    }
    pickle.set_items().text("epoch").integer(50).text("scheduler");
    pickle.global("os", "system").mark().text("touch " + marker().string()).tuple().reduce();
    files["data.pkl"] = pickle.set_items().stop();
    testing::write_archive(path(), files);
    return path();
  }

  std::string refusal(const std::vector<Entry>& entries, std::vector<ParameterSpec> parameters) {
    dassl(entries);
    const std::string message = error_of([&] { ReferenceCheckpoint(path()).read(parameters); });
    EXPECT_THAT(message, HasSubstr(path().string()));
    return message;
  }

  fs::path path() const { return folder_ / "model.pth.tar-50"; }
  fs::path marker() const { return folder_ / "executed"; }

  testing::TemporaryFolder folder_;
};

const std::vector<ParameterSpec> kCoOp{{"ctx", 2, 3}};

TEST_F(Checkpoint, GivesWhatWasLearnedAndPassesOverTheRest) {
  const ReferenceCheckpoint checkpoint(dassl({{"ctx", {2, 3}},
                                              {"token_prefix", {5, 1, 3}},
                                              {"token_suffix", {5, 7, 3}},
                                              {"image_encoder.conv1.weight", {4}}}));
  EXPECT_EQ(checkpoint.shapes(), (std::map<std::string, std::vector<Index>>{{"ctx", {2, 3}}}));
  const Matrix expected = (Matrix(2, 3) << 1, 2, 3, 4, 5, 6).finished();
  EXPECT_EQ(checkpoint.read(kCoOp), (ParameterMap{{"ctx", expected}}));
}

TEST_F(Checkpoint, ExecutesNothing) {
  ReferenceCheckpoint(dassl({{"ctx", {2, 3}}})).read(kCoOp);
  EXPECT_FALSE(fs::exists(marker()));
}

TEST_F(Checkpoint, FlattensContextsOfClassesAndTakesVectorsForRows) {
  const ReferenceCheckpoint checkpoint(
      dassl({{"prompt_learner.ctx", {2, 3, 2}}, {"prompt_learner.proj.bias", {4}}}));
  const ParameterMap values =
      checkpoint.read(std::vector<ParameterSpec>{{"ctx", 6, 2}, {"proj.bias", 1, 4}});
  EXPECT_EQ(values.at("ctx").row(5), (Matrix(1, 2) << 11, 12).finished());
  EXPECT_EQ(values.at("proj.bias"), (Matrix(1, 4) << 1, 2, 3, 4).finished());
}

TEST_F(Checkpoint, TakesNamesOfParallelTraining) {
  EXPECT_EQ(ReferenceCheckpoint(dassl({{"module.prompt_learner.ctx", {2, 3}}})).read(kCoOp).size(),
            1u);
}

TEST_F(Checkpoint, NumbersDeepPromptsFromTheBlockThatTheyEnter) {
  const ReferenceCheckpoint checkpoint(
      dassl({{"prompt_learner.ctx", {2, 3}},
             {"image_encoder.VPT", {4, 5}},
             {"image_encoder.transformer.resblocks.1.VPT_shallow", {4, 5}},
             {"text_encoder.transformer.resblocks.1.VPT_shallow", {2, 3}, {7}},
             {"text_encoder.transformer.resblocks.2.VPT_shallow", {2, 3}, {8}}}));
  const ParameterMap values = checkpoint.read(std::vector<ParameterSpec>{{"ctx", 2, 3},
                                                                         {"vision", 4, 5},
                                                                         {"deep_vision.0", 4, 5},
                                                                         {"deep_text.0", 2, 3},
                                                                         {"deep_text.1", 2, 3}});
  EXPECT_EQ(values.at("deep_text.0")(0, 0), 7);
  EXPECT_EQ(values.at("deep_text.1")(0, 0), 8);
}

TEST_F(Checkpoint, ReadsSafetensorsWithTheSameNames) {
  const Matrix ctx = Random(1).normal_matrix(2, 3, 1);
  write_safetensors(folder_ / "x", {{"prompt_learner.ctx", ctx}});
  EXPECT_EQ(ReferenceCheckpoint(folder_ / "x").read(kCoOp).at("ctx"), ctx);
}

TEST_F(Checkpoint, FitsTheSettingsOfCoOp) {
  const auto shared = std::get<CoOpConfig>(
      ReferenceCheckpoint(dassl({{"ctx", {16, 3}}})).fitted(CoOpConfig{.class_specific = true}));
  EXPECT_EQ(shared.n_ctx, 16);
  EXPECT_FALSE(shared.class_specific);
  EXPECT_EQ(shared.ctx_init, "");
  const auto own = std::get<CoOpConfig>(
      ReferenceCheckpoint(dassl({{"ctx", {7, 4, 3}}}))
          .fitted(CoOpConfig{.class_token_position = ClassTokenPosition::kFront}));
  EXPECT_EQ(own.n_ctx, 4);
  EXPECT_TRUE(own.class_specific);
  EXPECT_EQ(own.ctx_init, "a photo of a");
  EXPECT_EQ(own.class_token_position, ClassTokenPosition::kFront);
}

TEST_F(Checkpoint, FitsTheSettingsOfTheOtherMethods) {
  const auto cocoop = std::get<CoCoOpConfig>(
      ReferenceCheckpoint(dassl({{"ctx", {4, 3}}, {"meta_net.linear1.weight", {4, 32}}}))
          .fitted(CoCoOpConfig{}));
  EXPECT_EQ(cocoop.reduction, 8);
  const auto maple = std::get<MaPLeConfig>(
      ReferenceCheckpoint(dassl({{"prompt_learner.ctx", {3, 3}},
                                 {"prompt_learner.compound_prompts_text.0", {3, 3}},
                                 {"prompt_learner.compound_prompts_text.1", {3, 3}}}))
          .fitted(MaPLeConfig{}));
  EXPECT_EQ(maple.n_ctx, 3);
  EXPECT_EQ(maple.depth, 3);
  EXPECT_EQ(maple.ctx_init, "a photo of a");  // its last word stays
  const auto ivlp = std::get<IvlpConfig>(
      ReferenceCheckpoint(dassl({{"prompt_learner.ctx", {8, 3}},
                                 {"text_encoder.transformer.resblocks.1.VPT_shallow", {8, 3}}}))
          .fitted(IvlpConfig{}));
  EXPECT_EQ(ivlp.n_ctx, 8);
  EXPECT_EQ(ivlp.ctx_init, "");
  EXPECT_EQ(ivlp.depth_text, 2);
  EXPECT_EQ(ivlp.n_ctx_vision, 0);
  const auto vpt = std::get<VptConfig>(
      ReferenceCheckpoint(dassl({{"image_encoder.VPT", {5, 3}},
                                 {"image_encoder.transformer.resblocks.1.VPT_shallow", {5, 3}}}))
          .fitted(VptConfig{}));
  EXPECT_EQ(vpt.n_ctx_vision, 5);
  EXPECT_EQ(vpt.depth_vision, 2);
}

TEST_F(Checkpoint, NamesTheMatrixThatIsMissing) {
  EXPECT_THAT(refusal({{"ctx", {2, 3}}}, {{"ctx", 2, 3}, {"proj.weight", 4, 3}}),
              HasSubstr("no 'prompt_learner.proj.weight'"));
}

TEST_F(Checkpoint, NamesTheMatrixThatTheMethodDoesNotLearn) {
  EXPECT_THAT(refusal({{"ctx", {2, 3}}, {"meta_net.linear1.bias", {4}}}, kCoOp),
              HasSubstr("'meta_net.linear1.bias'"));
}

TEST_F(Checkpoint, NamesTheMatrixOfAnotherShape) {
  EXPECT_THAT(refusal({{"ctx", {4, 3}}}, kCoOp),
              AllOf(HasSubstr("'ctx'"), HasSubstr("[4, 3]"), HasSubstr("[2, 3]")));
  EXPECT_THAT(refusal({{"ctx", {3, 2}}}, kCoOp), HasSubstr("[3, 2]"));
  EXPECT_THAT(refusal({{"ctx", {6}}}, kCoOp), HasSubstr("[6]"));
  EXPECT_THAT(refusal({{"ctx", {}}}, kCoOp), HasSubstr("[]"));
}

TEST_F(Checkpoint, NamesTheMatrixThatIsNotFinite) {
  for (const float bad : {std::nanf(""), HUGE_VALF}) {
    EXPECT_THAT(refusal({{"ctx", {2, 3}, {1, bad}}}, kCoOp),
                AllOf(HasSubstr("'ctx'"), HasSubstr("infinite")));
  }
}

TEST_F(Checkpoint, NamesTheMatrixWhoseStorageIsTooShort) {
  dassl({{"ctx", {2, 3}}});
  PickleWriter pickle;
  pickle.dict().mark().text("ctx").tensor({.storage_size = 6, .shape = {2, 3}, .strides = {3, 1}});
  testing::write_archive(path(), {{"data.pkl", pickle.set_items().stop()}, {"data/0", "1234"}});
  EXPECT_THAT(error_of([&] { ReferenceCheckpoint(path()).read(kCoOp); }), HasSubstr("'ctx'"));
}

TEST_F(Checkpoint, RefusesNumbersThatAreNotFloatingPoint) {
  PickleWriter pickle;
  pickle.dict().mark().text("ctx").tensor(
      {.storage_type = "LongStorage", .storage_size = 6, .shape = {2, 3}, .strides = {3, 1}});
  testing::write_archive(
      path(), {{"data.pkl", pickle.set_items().stop()}, {"data/0", std::string(48, '\0')}});
  EXPECT_THAT(error_of([&] { ReferenceCheckpoint(path()).read(kCoOp); }),
              AllOf(HasSubstr("'ctx'"), HasSubstr("int64")));
}

TEST_F(Checkpoint, RefusesAMatrixThatIsThereTwice) {
  dassl({{"ctx", {2, 3}}, {"prompt_learner.ctx", {2, 3}}});
  EXPECT_THAT(error_of([&] { ReferenceCheckpoint{path()}; }),
              AllOf(HasSubstr("'ctx' twice"), HasSubstr("'prompt_learner.ctx'")));
}

TEST_F(Checkpoint, NamesTheTensorThatNoMethodLearns) {
  for (const char* name :
       {"ctx_att1", "prompt_learner.ctx_att3", "prompt_learner.meta_net.linear3.weight",
        "image_encoder.adapter.fc.0.weight", "text_encoder.transformer.resblocks.0.lora_A",
        "image_encoder.transformer.resblocks.0.VPT_shallow", "token_embedding", "deep.0"}) {
    dassl({{"ctx", {2, 3}}, {name, {2, 3}}});
    EXPECT_THAT(error_of([&] { ReferenceCheckpoint{path()}; }),
                AllOf(HasSubstr(path().string()), HasSubstr("'" + std::string(name) + "'"),
                      HasSubstr("no method here learns")));
  }
}

TEST_F(Checkpoint, PassesOverBuffersOfClassListsAndTheFrozenClip) {
  EXPECT_NO_THROW(
      ReferenceCheckpoint(dassl({{"prompt_learner.ctx", {2, 3}},
                                 {"prompt_learner.token_prefix", {5, 1, 3}},
                                 {"prompt_learner.token_suffix2", {5, 1, 3}},
                                 {"prompt_learner.token_middle1", {5, 1, 3}},
                                 {"logit_scale", {}},
                                 {"prompt_learner.ZS_image_encoder.conv1.weight", {2}},
                                 {"text_encoder.transformer.resblocks.11.attn.in_proj_weight", {2}},
                                 {"text_encoder.ln_final.weight", {2}},
                                 {"image_encoder.transformer.resblocks.0.mlp.c_fc.bias", {2}},
                                 {"image_encoder.layer1.0.downsample.1.running_mean", {2}},
                                 {"image_encoder.layer1.0.bn1.num_batches_tracked", {}},
                                 {"image_encoder.attnpool.k_proj.weight", {2}}})));
}

// ATPrompt learns tokens of attributes beside CoOp's (ctx_att1 .. 3).
TEST_F(Checkpoint, OfATPromptIsRefused) {
  const fs::path folder = testing::cases_folder();
  if (folder.empty()) GTEST_SKIP() << "no cases beside the checkout";
  EXPECT_THAT(error_of([&] { ReferenceCheckpoint{folder / "import/atp2.pth.tar-100"}; }),
              HasSubstr("'ctx_att1'"));
}

TEST_F(Checkpoint, RefusesFilesOfAnotherKind) {
  dassl({{"visual.conv1.weight", {2, 3}}, {"token_prefix", {2, 3}}});
  EXPECT_THAT(error_of([&] { ReferenceCheckpoint{path()}; }),
              AllOf(HasSubstr("'token_prefix'"), HasSubstr("no learned prompt")));
  for (const std::string& content :
       {std::string(), std::string("{\"a\": 1}"), std::string(100, 'x'),
        std::string("\x80\x02}q\x01."), std::string("PK\3\4zip")}) {
    const fs::path other = folder_.file("other", content);
    EXPECT_THAT(error_of([&] { ReferenceCheckpoint{other}; }), HasSubstr(other.string()))
        << content;
  }
}

// <case>.final.<parameter> in the files of reference values.
ParameterMap final_values(const fs::path& reference, const std::string& name) {
  ParameterMap values;
  for (const char* file : {"coop.safetensors", "maple.safetensors"}) {
    const std::string prefix = name + ".final.";
    const Safetensors tensors(reference / file);
    for (const auto& [key, view] : tensors.tensors()) {
      if (!key.starts_with(prefix)) continue;
      TensorView flat = view;
      if (view.shape.size() == 3) flat.shape = {view.shape[0] * view.shape[1], view.shape[2]};
      values[key.substr(prefix.size())] = to_matrix(flat);
    }
  }
  return values;
}

TEST(Reference, CheckpointsHoldTheFinalValues) {
  const fs::path goldens = testing::goldens_folder();
  const fs::path folder = goldens / "reference/checkpoints/dassl";
  if (!fs::exists(folder)) GTEST_SKIP() << "this set has no Dassl checkpoints";
  int files = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("model.pth.tar-")) continue;
    ++files;
    const std::string name = fs::relative(entry.path(), folder).begin()->string();
    SCOPED_TRACE(name);
    const ParameterMap expected = final_values(goldens / "reference", name);
    std::vector<ParameterSpec> parameters;
    for (const auto& [key, m] : expected) parameters.push_back({key, m.rows(), m.cols()});
    const ParameterMap values = ReferenceCheckpoint(entry.path()).read(parameters);
    ASSERT_EQ(values.size(), expected.size());
    for (const auto& [key, m] : expected) {
      const bool half = is_half_exact(values.at(key));
      EXPECT_EQ(values.at(key), half ? round_to_half(m) : m) << key;
    }
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace qprompt

#include "qprompt/artifact/reference_names.h"

#include <gtest/gtest.h>

namespace qprompt {
namespace {

TEST(ReferenceNames, OfEveryMethodAreKnown) {
  const std::pair<const char*, const char*> pairs[] = {
      {"prompt_learner.ctx", "ctx"},
      {"prompt_learner.meta_net.linear1.weight", "meta_net.linear1.weight"},
      {"prompt_learner.meta_net.linear2.bias", "meta_net.linear2.bias"},
      {"prompt_learner.proj.weight", "proj.weight"},
      {"prompt_learner.proj.bias", "proj.bias"},
      {"prompt_learner.compound_prompts_text.0", "compound_prompts_text.0"},
      {"prompt_learner.compound_prompt_projections.7.weight",
       "compound_prompt_projections.7.weight"},
      {"prompt_learner.compound_prompt_projections.10.bias", "compound_prompt_projections.10.bias"},
      {"image_encoder.VPT", "vision"},
      {"image_encoder.transformer.resblocks.1.VPT_shallow", "deep_vision.0"},
      {"text_encoder.transformer.resblocks.11.VPT_shallow", "deep_text.10"}};
  for (const auto& [reference, own] : pairs) {
    EXPECT_EQ(own_name(reference), own);
    EXPECT_EQ(reference_name(own), reference);
  }
}

TEST(ReferenceNames, MayLeaveThePromptLearnerOut) {
  EXPECT_EQ(own_name("ctx"), "ctx");
  EXPECT_EQ(own_name("meta_net.linear1.bias"), "meta_net.linear1.bias");
  EXPECT_EQ(own_name("compound_prompts_text.3"), "compound_prompts_text.3");
}

TEST(ReferenceNames, OfWhatWasNotLearnedAreNone) {
  for (const char* name :
       {"", "prompt_learner.", "prompt_learner.token_prefix", "token_suffix", "logit_scale",
        "image_encoder.conv1.weight", "image_encoder.proj", "text_encoder.ln_final.weight",
        "image_encoder.transformer.resblocks.0.VPT_shallow", "prompt_learner.prompt_learner.ctx",
        "prompt_learner.compound_prompts_text.", "prompt_learner.compound_prompts_text.01",
        "prompt_learner.compound_prompts_text.-1", "prompt_learner.compound_prompts_text.1x",
        "prompt_learner.compound_prompts_text.99999999999999", "VPT.weight",
        "optimizer.state.0.momentum_buffer"}) {
    EXPECT_EQ(own_name(name), std::nullopt) << name;
  }
  EXPECT_EQ(reference_name("token_prefix"), std::nullopt);
  EXPECT_EQ(reference_name("deep_text.x"), std::nullopt);
}

}  // namespace
}  // namespace qprompt

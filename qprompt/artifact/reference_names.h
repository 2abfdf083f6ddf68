#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace qprompt {

// How the published implementations (CoOp, CoCoOp, MaPLe, IVLP, VPT, PromptSRC) name learned
// matrices in their state dicts, and how this program does:
//
//   prompt_learner.ctx                                       ctx
//   prompt_learner.meta_net.linear1.weight, .bias, linear2   meta_net.linear1.weight, ...
//   prompt_learner.proj.weight, .bias                        proj.weight, .bias
//   prompt_learner.compound_prompts_text.N                   compound_prompts_text.N
//   prompt_learner.compound_prompt_projections.N.weight      compound_prompt_projections.N.weight
//   image_encoder.VPT                                        vision
//   image_encoder.transformer.resblocks.N.VPT_shallow        deep_vision.(N - 1)
//   text_encoder.transformer.resblocks.N.VPT_shallow         deep_text.(N - 1)
//
// Nothing for what was not learned: buffers that belong to a class list, the copied CLIP. CoOp and
// CoCoOp checkpoints leave the "prompt_learner." out.
std::optional<std::string> own_name(std::string_view reference);

// True for what was not learned, and may be passed over: buffers that belong to a class list, the
// frozen CLIP that was saved too, the optimiser's and the scheduler's state.
bool is_passed_over(std::string_view reference);

// The reference's name, with its "prompt_learner.". Nothing for a matrix that it does not have.
std::optional<std::string> reference_name(std::string_view own);

}  // namespace qprompt

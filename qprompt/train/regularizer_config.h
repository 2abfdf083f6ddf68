#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace qprompt {

enum class RegularizerKind : std::uint8_t { kNone, kKgCoOp, kProGrad, kPromptSrc };
inline auto enum_names(RegularizerKind) {
  return std::array{"none", "kgcoop", "prograd", "promptsrc"};
}

// A pull towards the frozen CLIP, for any method. Defaults are the publications'. With unit text
// features t_i of the prompted and t0_i of the frozen model, image features v and v0, and
// probabilities p and p0:
//   kgcoop     adds kgcoop_weight mean_i (1 - <t_i, t0_i>)               (Yao et al., CVPR 2023)
//   prograd    takes prograd_weight <g, k/|k|> k/|k| from the gradient g of each matrix where it is
//              negative; k is the gradient of KL(p0 || p)                (Zhu et al., ICCV 2023)
//   promptsrc  adds text_weight mean|t - t0| + image_weight mean|v - v0|
//              + logit_weight KL(p0 || p) / n_cls                     (Khattak et al., ICCV 2023)
struct RegularizerConfig {
  RegularizerKind kind = RegularizerKind::kNone;
  std::string anchor = "a photo of a {}.";
  double kgcoop_weight = 8.0;
  double prograd_weight = 1.0;
  double text_weight = 25.0;  // PromptSRC's three losses
  double image_weight = 10.0;
  double logit_weight = 1.0;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("regularizer", kind, "pull towards the frozen model");
    visit("anchor", anchor,
          "its texts: a template, imagenet-7, imagenet-80 or a file of templates");
    visit("kgcoop_weight", kgcoop_weight, "weight of KgCoOp's text distance");
    visit("prograd_weight", prograd_weight, "how much of a conflicting direction ProGrad removes");
    visit("text_weight", text_weight, "weight of PromptSRC's text loss");
    visit("image_weight", image_weight, "weight of PromptSRC's image loss");
    visit("logit_weight", logit_weight, "weight of PromptSRC's logit loss");
  }
};

}  // namespace qprompt

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "qprompt/prompt/config.h"

namespace qprompt::testing {

struct NamedMethod {
  std::string name;
  MethodConfig config;

  friend void PrintTo(const NamedMethod& method, std::ostream* out) { *out << method.name; }
};

// Every method, small enough for small_clip_shape()'s towers; their widths and depths differ.
inline std::vector<NamedMethod> small_methods() {
  return {
      {"CoOp", CoOpConfig{.n_ctx = 3, .ctx_init = ""}},
      {"CoOpMiddle",
       CoOpConfig{.n_ctx = 3, .ctx_init = "", .class_token_position = ClassTokenPosition::kMiddle}},
      {"CoOpClassSpecific", CoOpConfig{.n_ctx = 2, .ctx_init = "", .class_specific = true}},
      {"CoCoOp", CoCoOpConfig{.n_ctx = 2, .ctx_init = "", .reduction = 4}},
      {"VptShallow", VptConfig{.n_ctx_vision = 2, .depth_vision = 1}},
      {"VptDeep", VptConfig{.n_ctx_vision = 3, .depth_vision = 2}},
      {"Ivlp", IvlpConfig{.n_ctx = 2,
                          .ctx_init = "a photo cat",
                          .depth_text = 3,
                          .n_ctx_vision = 3,
                          .depth_vision = 2}},
      {"Language", IvlpConfig{.n_ctx = 2, .ctx_init = "", .depth_text = 3, .n_ctx_vision = 0}},
      {"MaPLe", MaPLeConfig{.n_ctx = 2, .ctx_init = "a photo cat", .depth = 9}},
      {"MaPLeShallow", MaPLeConfig{.n_ctx = 2, .ctx_init = "", .depth = 1}},
  };
}

// Learners on features: those that learn by steps, and all.
inline std::vector<NamedMethod> stepping_feature_methods() {
  return {
      {"ClipAdapter", ClipAdapterConfig{.ratio = 0.8, .reduction = 2, .text_template = "a {}."}},
      {"TipAdapterF", TipAdapterFConfig{{.text_template = "a {}."}}},
      {"Clap", ClapConfig{.prototype_length = 1, .text_template = "a {}."}}};
}
inline std::vector<NamedMethod> feature_methods() {
  std::vector<NamedMethod> methods = stepping_feature_methods();
  methods.push_back({"TipAdapter", TipAdapterConfig{.text_template = "a {}."}});
  methods.push_back({"LinearProbe", LinearProbeConfig{}});
  methods.push_back({"Gaussian", GaussianConfig{.alpha = 1e-3, .text_template = "a {}."}});
  methods.push_back({"ClassMeans", ClassMeansConfig{}});
  return methods;
}

}  // namespace qprompt::testing

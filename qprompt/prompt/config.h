#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "qprompt/adapter/config.h"
#include "qprompt/core/export.h"

namespace qprompt {

// Where the class's name stands among the context tokens (CoOp's CLASS_TOKEN_POSITION).
enum class ClassTokenPosition : std::uint8_t { kEnd = 0, kMiddle = 1, kFront = 2 };  // on disk
inline auto enum_names(ClassTokenPosition) { return std::array{"end", "middle", "front"}; }

// CoOp (Zhou et al., IJCV 2022): a context of n_ctx learned vectors before, around or after the
// name.
struct CoOpConfig {
  static constexpr bool kLearnsAllWords = true;  // of ctx_init
  int n_ctx = 4;
  std::string ctx_init = "a photo of a";  // empty: random start
  bool class_specific = false;            // CSC: one context per class, bound to the class list
  ClassTokenPosition class_token_position = ClassTokenPosition::kEnd;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("n_ctx", n_ctx, "number of context tokens");
    visit("ctx_init", ctx_init, "words the context starts from; empty for a random start");
    visit("class_specific", class_specific, "one context per class (CSC); bound to its class list");
    visit("class_token_position", class_token_position, "where the class name stands");
  }
};

// CoCoOp (Zhou et al., CVPR 2022): CoOp's context, moved for every image by a small network.
struct CoCoOpConfig {
  static constexpr bool kLearnsAllWords = true;  // of ctx_init
  int n_ctx = 4;
  std::string ctx_init = "a photo of a";
  int reduction = 16;  // the meta-net's hidden layer is embed / reduction wide

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("n_ctx", n_ctx, "number of context tokens");
    visit("ctx_init", ctx_init, "words the context starts from; empty for a random start");
    visit("reduction", reduction, "embedding width over the hidden layer's width");
  }
};

// VPT (Jia et al., ECCV 2022): tokens in the image tower; the text stays a template.
struct VptConfig {
  int n_ctx_vision = 8;
  int depth_vision = 12;  // 1 is VPT-shallow
  std::string text_template = "a photo of a {}.";

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("n_ctx_vision", n_ctx_vision, "number of tokens in the image tower");
    visit("depth_vision", depth_vision, "blocks of the image tower that get their own tokens");
    visit("text_template", text_template, "sentence of a class, {} for its name");
  }
};

// IVLP, independent vision-language prompts (Rasheed et al., CVPR 2023): tokens of their own in
// both towers. Without vision tokens: deep language prompts.
struct IvlpConfig {
  static constexpr bool kLearnsAllWords = false;  // of ctx_init
  int n_ctx = 2;
  std::string ctx_init = "a photo of a";
  int depth_text = 12;
  int n_ctx_vision = 2;
  int depth_vision = 12;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("n_ctx", n_ctx, "number of context tokens; they replace the first words of ctx_init");
    visit("ctx_init", ctx_init, "words the context starts from; empty for a random start");
    visit("depth_text", depth_text, "blocks of the text tower that get their own tokens");
    visit("n_ctx_vision", n_ctx_vision, "number of tokens in the image tower");
    visit("depth_vision", depth_vision, "blocks of the image tower that get their own tokens");
  }
};

// MaPLe (Khattak et al., CVPR 2023): text prompts per block, from which linear layers make those of
// the image tower.
struct MaPLeConfig {
  static constexpr bool kLearnsAllWords = false;  // of ctx_init
  int n_ctx = 2;
  std::string ctx_init = "a photo of a";
  int depth = 9;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("n_ctx", n_ctx, "number of context tokens; they replace the first words of ctx_init");
    visit("ctx_init", ctx_init, "words the context starts from; empty for a random start");
    visit("depth", depth, "blocks of both towers that get their own tokens");
  }
};

// How many words a text has, `_` read as a space; a context is as long as its initial words are
// many.
QPROMPT_API int words_in(const std::string& text);

// A method whose context starts from words.
template <typename Config>
concept StartsFromWords = requires(Config config) {
  config.n_ctx;
  config.ctx_init;
  Config::kLearnsAllWords;
};

// Whether n_ctx tokens can start from ctx_init: from all of its words, or from the first of them
// where the method keeps the rest.
template <StartsFromWords Config>
bool words_fit(const Config& config) {
  const int words = words_in(config.ctx_init);
  return Config::kLearnsAllWords ? config.n_ctx == words : config.n_ctx <= words;
}

// Every method that can be learned. The order is that of MethodTag: append only.
using MethodConfig = std::variant<CoOpConfig, CoCoOpConfig, VptConfig, IvlpConfig, MaPLeConfig,
                                  ClipAdapterConfig, TipAdapterConfig, TipAdapterFConfig,
                                  LinearProbeConfig, ClapConfig, GaussianConfig, ClassMeansConfig>;

enum class MethodTag : std::uint8_t {  // stored in prompt files: append only
  kCoOp = 0,
  kCoCoOp = 1,
  kVpt = 2,
  kIvlp = 3,
  kMaPLe = 4,
  kClipAdapter = 5,
  kTipAdapter = 6,
  kTipAdapterF = 7,
  kLinearProbe = 8,
  kClap = 9,
  kGaussian = 10,
  kClassMeans = 11
};
inline auto enum_names(MethodTag) {
  return std::array{"coop",         "cocoop",       "vpt",         "ivlp",
                    "maple",        "clip-adapter", "tip-adapter", "tip-adapter-f",
                    "linear-probe", "clap",         "gaussian",    "class-means"};
}

inline MethodTag method_tag(const MethodConfig& config) {
  return static_cast<MethodTag>(config.index());
}
QPROMPT_API MethodConfig default_config(MethodTag method);

// Whether it learns behind the towers, on their features, instead of in them.
QPROMPT_API bool learns_on_features(const MethodConfig& method);
// Whether epochs of steps follow the method's start, or that is all there is to learn.
QPROMPT_API bool learns_by_steps(const MethodConfig& method);
// Whether what was learned says something of classes that it was not learned with.
QPROMPT_API bool takes_new_classes(const MethodConfig& method);

}  // namespace qprompt

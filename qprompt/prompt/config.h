#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

namespace qprompt {

// Where the class's name stands among the context tokens (CoOp's CLASS_TOKEN_POSITION).
enum class ClassTokenPosition : std::uint8_t { kEnd = 0, kMiddle = 1, kFront = 2 };  // on disk
inline auto enum_names(ClassTokenPosition) { return std::array{"end", "middle", "front"}; }

// CoOp (Zhou et al., IJCV 2022): a context of n_ctx learned vectors before, around or after the
// name.
struct CoOpConfig {
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

// Every method that can be learned. The order is that of MethodTag: append only.
using MethodConfig = std::variant<CoOpConfig>;

enum class MethodTag : std::uint8_t { kCoOp = 0 };  // stored in prompt files: append only
inline auto enum_names(MethodTag) { return std::array{"coop"}; }

inline MethodTag method_tag(const MethodConfig& config) {
  return static_cast<MethodTag>(config.index());
}
MethodConfig default_config(MethodTag method);

}  // namespace qprompt

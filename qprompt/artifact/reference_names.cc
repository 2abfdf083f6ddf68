#include "qprompt/artifact/reference_names.h"

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <vector>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr std::string_view kLearnerPrefix = "prompt_learner.";

struct Pair {
  std::string_view reference, own;
};
constexpr std::array kNames{
    Pair{"prompt_learner.ctx", "ctx"},
    Pair{"prompt_learner.meta_net.linear1.weight", "meta_net.linear1.weight"},
    Pair{"prompt_learner.meta_net.linear1.bias", "meta_net.linear1.bias"},
    Pair{"prompt_learner.meta_net.linear2.weight", "meta_net.linear2.weight"},
    Pair{"prompt_learner.meta_net.linear2.bias", "meta_net.linear2.bias"},
    Pair{"prompt_learner.proj.weight", "proj.weight"},
    Pair{"prompt_learner.proj.bias", "proj.bias"},
    Pair{"image_encoder.VPT", "vision"}};

// Names with a number between head and tail.
struct Numbered {
  std::string_view head, tail;

  std::string with(int number) const {
    return std::string(head) + std::to_string(number) + std::string(tail);
  }
};
struct NumberedPair {
  Numbered reference, own;
  int first;  // what the reference counts from; this program counts from 0
};
constexpr std::array kNumbered{
    NumberedPair{{"prompt_learner.compound_prompts_text.", ""}, {"compound_prompts_text.", ""}, 0},
    NumberedPair{{"prompt_learner.compound_prompt_projections.", ".weight"},
                 {"compound_prompt_projections.", ".weight"},
                 0},
    NumberedPair{{"prompt_learner.compound_prompt_projections.", ".bias"},
                 {"compound_prompt_projections.", ".bias"},
                 0},
    NumberedPair{{"image_encoder.transformer.resblocks.", ".VPT_shallow"}, {"deep_vision.", ""}, 1},
    NumberedPair{{"text_encoder.transformer.resblocks.", ".VPT_shallow"}, {"deep_text.", ""}, 1}};

// The number in `name` where that is exactly how `form` writes it, else -1.
int number_in(std::string_view name, const Numbered& form) {
  if (!name.starts_with(form.head) || !name.ends_with(form.tail)) return -1;
  int number = -1;
  const std::string_view rest = name.substr(form.head.size());
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number >= 0 && form.with(number) == name ? number : -1;
}

std::optional<std::string> own_name_of_full(std::string_view reference) {
  const auto found = std::ranges::find(kNames, reference, &Pair::reference);
  if (found != kNames.end()) return std::string(found->own);
  for (const NumberedPair& pair : kNumbered) {
    const int number = number_in(reference, pair.reference);
    if (number >= pair.first) return pair.own.with(number - pair.first);
  }
  return std::nullopt;
}

constexpr const char* kPassedOver[] = {
    // Embeddings of the class names around the context.
    R"((prompt_learner\.)?token_(prefix|middle|suffix)\d*)",
    // CLIP's own weights, under the names that the wrappers of CoOp and its successors give them.
    R"(logit_scale)",
    R"((image|text)_encoder\.transformer\.resblocks\.\d+\.ln_[12]\.(weight|bias))",
    R"((image|text)_encoder\.transformer\.resblocks\.\d+\.attn\.in_proj_(weight|bias))",
    R"((image|text)_encoder\.transformer\.resblocks\.\d+\.attn\.out_proj\.(weight|bias))",
    R"((image|text)_encoder\.transformer\.resblocks\.\d+\.mlp\.c_(fc|proj)\.(weight|bias))",
    R"(text_encoder\.(positional_embedding|text_projection|ln_final\.(weight|bias)))",
    R"(image_encoder\.(class_embedding|positional_embedding|proj|ln_(pre|post)\.(weight|bias)))",
    // A ResNet's.
    R"(image_encoder\.(layer[1-4]\.\d+\.)?conv[1-3]\.weight)",
    R"(image_encoder\.(layer[1-4]\.\d+\.)?bn[1-3]\.(weight|bias|running_\w+|num_batches_tracked))",
    R"(image_encoder\.layer[1-4]\.\d+\.downsample\.0\.weight)",
    R"(image_encoder\.layer[1-4]\.\d+\.downsample\.1\.(weight|bias|running_\w+|num_batches_tracked))",
    R"(image_encoder\.attnpool\.(positional_embedding|[qkvc]_proj\.(weight|bias)))",
    // Training state.
    R"((optimizer|scheduler|scaler)\..*)"};

std::unique_ptr<const icu::RegexPattern> any_of_them() {
  std::string all;
  for (const char* pattern : kPassedOver) {
    if (!all.empty()) all += '|';
    all += pattern;
  }
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<const icu::RegexPattern> pattern(
      icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(all), 0, status));
  require(U_SUCCESS(status), "import: ICU cannot compile a pattern: ", u_errorName(status));
  return pattern;
}

}  // namespace

bool is_passed_over(std::string_view reference) {
  constexpr std::string_view kFrozenTeacher = "prompt_learner.ZS_";  // PromptSRC's image encoder
  if (reference.starts_with(kFrozenTeacher)) reference.remove_prefix(kFrozenTeacher.size());
  static const std::unique_ptr<const icu::RegexPattern> pattern = any_of_them();
  const icu::UnicodeString name = icu::UnicodeString::fromUTF8(
      icu::StringPiece(reference.data(), static_cast<std::int32_t>(reference.size())));
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(pattern->matcher(name, status));
  return U_SUCCESS(status) && matcher->matches(status) && U_SUCCESS(status);
}

std::optional<std::string> own_name(std::string_view reference) {
  if (auto own = own_name_of_full(reference)) return own;
  return own_name_of_full(std::string(kLearnerPrefix) + std::string(reference));
}

std::optional<std::string> reference_name(std::string_view own) {
  const auto found = std::ranges::find(kNames, own, &Pair::own);
  if (found != kNames.end()) return std::string(found->reference);
  for (const NumberedPair& pair : kNumbered) {
    const int number = number_in(own, pair.own);
    if (number >= 0) return pair.reference.with(number + pair.first);
  }
  return std::nullopt;
}

}  // namespace qprompt

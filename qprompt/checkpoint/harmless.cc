#include "qprompt/checkpoint/harmless.h"

#include <algorithm>
#include <array>

namespace qprompt {
namespace {

// Sizes in OpenAI's archives, and a mask that is the causal one in every CLIP.
constexpr std::string_view kBuffers[] = {"input_resolution", "context_length", "vocab_size",
                                         "attn_mask"};
// 0, 1, 2, ... in transformers before 4.31; batches that a batch norm has seen.
constexpr std::string_view kBufferEndings[] = {".position_ids", ".num_batches_tracked"};
// Beside the model in what training scripts save.
constexpr std::string_view kTrainingState[] = {
    "optimizer.",    "optimizers.",    "optimizer_states.", "scheduler.", "schedulers.",
    "lr_scheduler.", "lr_schedulers.", "scaler.",           "amp.",       "loops.",
    "callbacks.",    "args.",          "hyper_parameters.", "rng_state.", "rng_states."};
// SLIP's head of its self-supervised loss.
constexpr std::string_view kSlipHead = "image_mlp.";

constexpr std::array kConfigKeys{
    // Bookkeeping.
    "_commit_hash", "_name_or_path", "architectures", "dtype", "finetuning_task", "id2label",
    "label2id", "model_type", "name_or_path", "num_labels", "problem_type", "task_specific_params",
    "tokenizer_class", "torch_dtype", "transformers_version",
    // Values before training, and what acts in training only.
    "attention_dropout", "dropout", "gradient_checkpointing", "initializer_factor",
    "initializer_range", "logit_scale_init_value",
    // How the same numbers are computed and handed over.
    "_attn_implementation", "_attn_implementation_autoset", "_experts_implementation",
    "attn_implementation", "chunk_size_feed_forward", "output_attentions", "output_hidden_states",
    "return_dict", "tf_legacy_loss", "torchscript", "use_bfloat16", "use_cache",
    // The model's, not a tower's, decides.
    "projection_dim",
    // Of decoders and text generation.
    "add_cross_attention", "bad_words_ids", "begin_suppress_tokens", "bos_token_id",
    "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty", "do_sample",
    "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
    "forced_bos_token_id", "forced_eos_token_id", "is_decoder", "is_encoder_decoder",
    "length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups",
    "num_beams", "num_return_sequences", "output_scores", "pad_token_id", "prefix",
    "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "sep_token_id",
    "suppress_tokens", "temperature", "tie_encoder_decoder", "tie_word_embeddings", "top_k",
    "top_p", "typical_p"};

constexpr std::array kProcessorKeys{"_valid_processor_keys", "data_format",     "device",
                                    "disable_grouping",      "do_convert_rgb",  "image_seq_length",
                                    "input_data_format",     "processor_class", "return_tensors"};

}  // namespace

bool is_harmless_tensor(Naming naming, std::string_view name) {
  const auto begins = [&](std::string_view head) { return name.starts_with(head); };
  const auto ends = [&](std::string_view tail) { return name.ends_with(tail); };
  return std::ranges::find(kBuffers, name) != std::end(kBuffers) ||
         std::ranges::any_of(kBufferEndings, ends) || std::ranges::any_of(kTrainingState, begins) ||
         (naming == Naming::kSlip && begins(kSlipHead));
}

std::span<const char* const> harmless_config_keys() { return kConfigKeys; }
std::span<const char* const> harmless_processor_keys() { return kProcessorKeys; }

}  // namespace qprompt

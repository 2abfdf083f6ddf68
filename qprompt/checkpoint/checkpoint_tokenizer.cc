#include "qprompt/checkpoint/checkpoint_tokenizer.h"

#include "qprompt/core/error.h"
#include "qprompt/tokenizer/vocabulary.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

fs::path find_tokenizer(const fs::path& model) {
  const fs::path folder = fs::is_directory(model) ? model : fs::absolute(model).parent_path();
  const fs::path found = find_vocabulary(folder);
  require(!found.empty(), folder.string(), ": no tokenizer beside the model, looked for ",
          kVocabularyFiles, "; --tokenizer names one elsewhere");
  return found;
}

// A vocabulary may be padded upwards, in the model only: where the end of text is the tokenizer's,
// or the tokenizer is CLIP's own. Else fewer tokens are another model's.
void check_size(const Tokenizer& tokenizer, const Checkpoint& checkpoint, const fs::path& path) {
  constexpr Index kClips = 49408;
  const ClipShape& shape = checkpoint.shape();
  const Index tokens = tokenizer.vocabulary_size();
  const bool of_this_model =
      shape.end_of_text ? *shape.end_of_text == tokenizer.end_token() : tokens >= kClips;
  const bool padded = tokens < shape.vocabulary && of_this_model;
  require(tokens == shape.vocabulary || padded, path.string(), ": a tokenizer of ", tokens,
          " tokens, but ", checkpoint.path().string(), " has ", shape.vocabulary,
          "; --tokenizer names another");
}

// This program reads the text at <|endoftext|>.
void check_end(const Tokenizer& tokenizer, const Checkpoint& checkpoint, const fs::path& path) {
  const auto& end = checkpoint.shape().end_of_text;
  require(!end || *end == tokenizer.end_token(), checkpoint.path().string(),
          ": its configuration ends texts with token ", end.value_or(0), ", ", path.string(),
          " with ", tokenizer.end_token());
  const int largest = tokenizer.largest_token();
  require(end || largest == tokenizer.end_token(), path.string(), ": has tokens up to ", largest,
          ", but ", checkpoint.path().string(),
          " reads texts at their largest token, expected <|endoftext|> to be that (",
          tokenizer.end_token(), "); an eos_token_id in its text_config says otherwise");
}

}  // namespace

Tokenizer load_tokenizer_for(const Checkpoint& checkpoint, const std::optional<fs::path>& chosen) {
  const fs::path path = chosen ? *chosen : find_tokenizer(checkpoint.path());
  Tokenizer tokenizer = Tokenizer::load(path);
  check_size(tokenizer, checkpoint, path);
  check_end(tokenizer, checkpoint, path);
  return tokenizer;
}

}  // namespace qprompt

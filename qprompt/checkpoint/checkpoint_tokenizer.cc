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

}  // namespace

Tokenizer load_tokenizer_for(const Checkpoint& checkpoint, const std::optional<fs::path>& chosen) {
  const fs::path path = chosen ? *chosen : find_tokenizer(checkpoint.path());
  Tokenizer tokenizer = Tokenizer::load(path);
  require(tokenizer.vocabulary_size() == checkpoint.shape().vocabulary, path.string(),
          ": a tokenizer of ", tokenizer.vocabulary_size(), " tokens, but ",
          checkpoint.path().string(), " has ", checkpoint.shape().vocabulary,
          "; --tokenizer names another");
  return tokenizer;
}

}  // namespace qprompt

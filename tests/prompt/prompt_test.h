#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "qprompt/prompt/learner.h"
#include "tests/support/test_models.h"

namespace qprompt {

// A model whose vocabulary has "photo" and "cat" as one token each, and other letters one by one.
class PromptTest : public ::testing::Test {
 protected:
  ClassTokens classes(const std::vector<std::string>& names) const {
    return tokenize_classes(model_.tokenizer(), names, model_.shape().context_length);
  }
  Matrix embeddings(const std::string& words) const {
    return model_.checkpoint().token_embeddings(model_.tokenizer().encode(words));
  }

  const Model model_ = testing::random_model();
};

}  // namespace qprompt

// Checkpoints and tokenizers that are not what they should be: one line that names the file.

#include "qprompt/core/file.h"
#include "tests/cli/cli_test.h"
#include "tests/cli/demo_weights.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kTensor[] = "text_model.encoder.layers.0.mlp.fc1.weight";

class DamagedWeights : public CliTest {
 protected:
  DamagedWeights() : weights(folder / "model/model.safetensors") {}

  // Of the program with a copy of the model whose weights are changed.
  std::string error_with(const std::function<void(Weights&)>& change) {
    copy_model(model, folder / "model", change);
    return error_with_copy();
  }
  std::string error_with_copy() {
    model = path("model");
    return error_line(evaluate({}));
  }

  fs::path weights;
};

TEST_F(DamagedWeights, AMissingFolderIsNamed) {
  model = path("nowhere");
  EXPECT_THAT(error_line(evaluate({})), HasSubstr(model));
}

TEST_F(DamagedWeights, AMissingFileIsNamed) {
  fs::copy(model, folder / "model");
  fs::remove(weights);
  EXPECT_THAT(error_with_copy(), AllOf(HasSubstr(path("model")), HasSubstr("model.safetensors")));
}

TEST_F(DamagedWeights, AMissingTensorIsNamedWithItsModel) {
  EXPECT_THAT(error_with([](Weights& all) { all.erase(kTensor); }),
              AllOf(HasSubstr(path("model")), HasSubstr(kTensor)));
}

TEST_F(DamagedWeights, ATruncatedFileIsNamed) {
  fs::copy(model, folder / "model");
  const std::string whole = read_text(weights);
  for (const std::size_t size :
       {whole.size() - 1, whole.size() / 2, std::size_t{5}, std::size_t{0}}) {
    write_file(weights, std::string_view(whole).substr(0, size));
    EXPECT_THAT(error_with_copy(), HasSubstr(weights.string())) << size << " bytes";
  }
}

TEST_F(DamagedWeights, ATensorOfAnotherShapeIsNamedWithBothShapes) {
  const std::string message = error_with([](Weights& all) {
    TensorView& tensor = all.at(kTensor);
    std::swap(tensor.shape[0], tensor.shape[1]);
  });
  EXPECT_THAT(message,
              AllOf(HasSubstr(weights.string()), HasSubstr(kTensor), HasSubstr("expected [")));
}

TEST_F(DamagedWeights, NaNIsNamedWithItsTensor) {
  const std::string message = error_with([](Weights& all) {
    TensorView& tensor = all.at(kTensor);
    const std::size_t one = element_size(tensor.type);
    tensor = with_bytes(tensor, [one](std::byte byte, std::size_t position) {
      return position < one ? std::byte{0xff} : byte;  // all ones: NaN in every number format
    });
  });
  EXPECT_THAT(message, AllOf(HasSubstr(weights.string()), HasSubstr(kTensor)));
}

TEST_F(DamagedWeights, AnUnknownLayoutIsNamedWithThoseThatAreKnown) {
  fs::create_directory(folder / "model");
  folder.file("model/config.json", R"({"model_type": "bert"})");
  folder.file("model/model.safetensors", "");
  EXPECT_THAT(error_with_copy(), AllOf(HasSubstr(path("model")), HasSubstr("expected")));
  model = folder.file("weights.pt", "not a checkpoint at all").string();
  EXPECT_THAT(error_line(evaluate({})), AllOf(HasSubstr(model), HasSubstr("expected")));
}

TEST_F(DamagedWeights, AHubNameThatIsNotInTheCacheComesWithTheCommandThatFetchesIt) {
  model = "openai/clip-vit-base-patch16";
  EXPECT_THAT(error_line(evaluate({}), {.environment = {{"HF_HOME", path("empty")}}}),
              AllOf(HasSubstr(model), HasSubstr("download")));
}

TEST_F(DamagedWeights, ATokenizerOfAnotherVocabularyIsNamedWithBothSizes) {
  fs::copy(model, folder / "model");
  auto vocabulary = json_file(folder / "model/vocab.json");
  const auto words = vocabulary.size();
  // The last merge goes together with its token, and the ids close ranks.
  const auto token = std::ranges::find_if(vocabulary.items(), [&](const auto& item) {
                       return item.value() == words - 3;
                     }).key();
  for (auto& [name, id] : vocabulary.items())
    id = id > words - 3 ? id.template get<int>() - 1 : id.template get<int>();
  vocabulary.erase(token);
  write_file(folder / "model/vocab.json", vocabulary.dump());
  std::string merges = read_text(folder / "model/merges.txt");
  while (merges.ends_with('\n')) merges.pop_back();
  write_file(folder / "model/merges.txt", merges.substr(0, merges.rfind('\n') + 1));
  EXPECT_THAT(error_with_copy(), AllOf(HasSubstr("vocab.json"), HasSubstr(std::to_string(words)),
                                       HasSubstr(std::to_string(words - 1))));
}

TEST_F(DamagedWeights, AModelWithoutATokenizerSaysWhatWasLookedFor) {
  fs::copy(model, folder / "model");
  for (const char* name : {"vocab.json", "merges.txt"}) fs::remove(folder / "model" / name);
  EXPECT_THAT(error_with_copy(),
              AllOf(HasSubstr(path("model")), HasSubstr("vocab.json"), HasSubstr("--tokenizer")));
}

TEST_F(DamagedWeights, NothingIsWrittenThen) {
  fs::copy(model, folder / "model");
  fs::resize_file(weights, 1000);
  model = path("model");
  error_line(train(path("run")));
  EXPECT_FALSE(fs::exists(folder / "run"));
}

}  // namespace
}  // namespace qprompt::testing

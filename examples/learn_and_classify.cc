// The whole story with the library's public interface: load a model and pictures, learn a 1-bit
// prompt on half of the classes, test it on both halves, save it, classify pictures with it.
//
//   learn_and_classify MODEL PICTURES PROMPT_FILE EPOCHS IMAGE...
#include <qprompt/qprompt.h>

#include <cstdio>
#include <span>

namespace {

double accuracy(const qprompt::Model& model, const qprompt::PromptFile& prompt,
                const qprompt::Dataset& dataset) {
  const auto images = qprompt::labelled_features(model, dataset.test);
  const auto texts = qprompt::class_matrix(model, prompt, dataset.class_names);
  return 100 * qprompt::evaluate(images, texts).accuracy();
}

void learn_and_classify(std::span<char*> arguments) {
  const auto model = qprompt::Model::load(arguments[0]);
  const auto dataset = qprompt::load_dataset(arguments[1], {}, 1);

  qprompt::LearnConfig config;  // CoOp, 16 shots, 1 bit
  config.classes = qprompt::ClassSubset::kBase;
  config.training.epochs = std::stoi(arguments[3]);
  config.training.optimizer.lr = 0.01;
  const auto learned = qprompt::learn(model, dataset, config);
  qprompt::save_prompt_file(learned.prompt, arguments[2]);

  const auto prompt = qprompt::load_prompt_file(arguments[2]);
  for (const auto half : {qprompt::ClassSubset::kBase, qprompt::ClassSubset::kNew}) {
    const auto classes = qprompt::subsample_classes(dataset, half);
    std::printf("%s classes: %.1f %%\n", half == qprompt::ClassSubset::kBase ? "base" : "new",
                accuracy(model, prompt, classes));
  }

  const qprompt::Classifier classifier(model, prompt, dataset.class_names);
  for (const char* image : arguments.subspan(4)) {
    const auto best = classifier.classify(image).scores.front();
    std::printf("%s: %s (%.1f %%)\n", image, best.class_name.c_str(), 100 * best.probability);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 6) {
    std::fprintf(stderr, "usage: %s MODEL PICTURES PROMPT_FILE EPOCHS IMAGE...\n", argv[0]);
    return 2;
  }
  learn_and_classify(std::span(argv, argc).subspan(1));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

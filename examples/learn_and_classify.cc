// The whole story with the library's public interface: load a model and pictures, learn a 1-bit
// prompt on half of the classes with a method of choice, test it on both halves, save it, and
// classify pictures that are read into memory with it.
//
//   learn_and_classify MODEL PICTURES METHOD PROMPT_FILE EPOCHS IMAGE...     METHOD: coop or maple
#include <qprompt/qprompt.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

qprompt::LearnConfig configured(const std::string& method, const std::string& epochs) {
  qprompt::LearnConfig config;  // 16 shots, 1 bit
  if (method == "maple") {
    config.method = qprompt::MaPLeConfig{};
  } else {
    config.method = qprompt::CoOpConfig{};
  }
  config.classes = qprompt::ClassSubset::kBase;
  config.training.epochs = std::stoi(epochs);
  config.training.optimizer.lr = 0.01;
  return config;
}

std::vector<char> content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void learn_and_classify(std::span<char*> arguments) {
  const auto model = qprompt::Model::load(arguments[0]);
  const auto dataset = qprompt::load_dataset(arguments[1]);
  const auto learned = qprompt::learn(model, dataset, configured(arguments[2], arguments[4]));
  qprompt::save_prompt_file(learned.prompt, arguments[3]);

  // A prompt on its model for some classes is one thing, whatever the method put into which tower.
  const auto prompt = qprompt::load_prompt_file(arguments[3]);
  for (const auto half : {qprompt::ClassSubset::kBase, qprompt::ClassSubset::kNew}) {
    const auto classes = qprompt::subsample_classes(dataset, half);
    const qprompt::AdaptedModel adapted(model, prompt, classes.class_names);
    std::printf("%s classes: %.2f %%\n", half == qprompt::ClassSubset::kBase ? "base" : "new",
                100 * qprompt::evaluate(adapted, classes.test).metrics.accuracy());
  }

  const qprompt::AdaptedModel adapted(model, prompt, dataset.class_names);
  for (const char* path : arguments.subspan(5)) {
    const std::vector<char> content = content_of(path);
    const auto image = qprompt::ImageSource::encoded(std::as_bytes(std::span(content)), path);
    const auto best = qprompt::classify(adapted, image).scores.front();
    std::printf("%s: %s (%.1f %%)\n", path, best.class_name.c_str(), 100 * best.probability);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 7) {
    std::fprintf(stderr, "usage: %s MODEL PICTURES METHOD PROMPT_FILE EPOCHS IMAGE...\n", argv[0]);
    return 2;
  }
  learn_and_classify(std::span(argv, argc).subspan(1));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

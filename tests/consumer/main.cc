#include <qprompt/qprompt.h>

#include <cstdio>

// Zero-shot classification of one of the demo's pictures with the demo's model.
int main() {
  const std::vector<std::string> names{"red dotted star", "black moon", "three yellow circles"};
  const qprompt::Model model = qprompt::Model::load(DEMO_DIR "/model");
  const auto texts = qprompt::zero_shot_texts(model, {"a photo of a {}."}, names);
  const qprompt::Classifier classifier(model, texts, names);
  const auto result = classifier.classify(DEMO_DIR "/classify/red_dotted_star.png");
  std::printf("%s: %.3f\n", result.scores[0].class_name.c_str(), result.scores[0].probability);
  return result.scores[0].class_name == names[0] ? 0 : 1;
}

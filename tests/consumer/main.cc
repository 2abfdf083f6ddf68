#include <qprompt/qprompt.h>

#include <cstdio>

// Zero-shot classification of one of the demo's pictures with the demo's model, and an error that
// another library threw within.
int main() {
  const std::vector<std::string> names{"red dotted star", "black moon", "three yellow circles"};
  const qprompt::Model model = qprompt::Model::load(DEMO_DIR "/model");
  const auto adapted = qprompt::AdaptedModel::zero_shot(model, {"a photo of a {}."}, names);
  const auto result = qprompt::classify(adapted, DEMO_DIR "/pictures/val/red_dotted_star/00.webp");
  std::printf("%s: %.3f\n", result.scores[0].class_name.c_str(), result.scores[0].probability);
  try {
    qprompt::FeatureStore::open("/dev/null/folder");
    return 2;
  } catch (const qprompt::Error& error) {
    std::printf("%s\n", error.what());
  }
  return result.scores[0].class_name == names[0] ? 0 : 1;
}

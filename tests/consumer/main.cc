// PLACEHOLDER until the calls of qprompt/qprompt.h are settled: opens the demo's model and shows that
// headers, library and assets are installed. To become: classify one of the demo's pictures.
#include <qprompt/qprompt.h>

#include <cstdio>

int main() {
  const qprompt::Model model = qprompt::Model::load(DEMO_DIR "/model");
  std::printf("%lld values per feature\n", static_cast<long long>(model.shape().embed));
}

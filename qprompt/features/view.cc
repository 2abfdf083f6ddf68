#include "qprompt/features/view.h"

#include "qprompt/core/random.h"
#include "qprompt/data/augmentation.h"
#include "qprompt/data/preprocess.h"

namespace qprompt {

Image view_of(const Image& picture, std::uint64_t seed, const Preprocessing& preprocessing) {
  if (seed == 0) return clip_preprocess(picture, preprocessing);
  Random random(seed);
  return apply_view(picture, random_view(picture.width, picture.height, random), preprocessing);
}

}  // namespace qprompt

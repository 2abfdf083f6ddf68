#include "qprompt/inference/embed.h"

#include "qprompt/clip/similarity.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/features/image_features.h"
#include "qprompt/features/image_side.h"
#include "qprompt/prompt/zero_shot.h"

namespace qprompt {

Matrix embed_images(const Model& model, std::span<const ImageSource> images,
                    const FeatureOptions& options) {
  return at_border([&] {
    std::vector<ImageRequest> requests;
    requests.reserve(images.size());
    for (const ImageSource& image : images) requests.push_back({image});
    FeatureOptions strict = options;
    strict.skip_bad_images = false;
    return UnitRows(image_features(ImageSide(model), requests, strict).features).unit;
  });
}

Matrix embed_texts(const Model& model, const std::vector<std::string>& texts) {
  return at_border([&] {
    require(!texts.empty(), "embed_texts: no text");
    return zero_shot_texts(model, {"{}"}, texts);
  });
}

}  // namespace qprompt

#pragma once

#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"
#include "qprompt/data/image_source.h"
#include "qprompt/features/feature_options.h"

// What CLIP's two towers see, without a prompt or a class list: unit rows, so that a product of two
// is their cosine.
namespace qprompt {

// [images, embed] of the frozen image tower, in the images' order. Throws Error naming a damaged
// image; none is skipped, whatever the options say.
QPROMPT_API Matrix embed_images(const Model& model, std::span<const ImageSource> images,
                                const FeatureOptions& options = {});

// [texts, embed] of whole sentences, as zero-shot's templates are read. Throws Error for no text,
// and for one longer than the text tower's context.
QPROMPT_API Matrix embed_texts(const Model& model, const std::vector<std::string>& texts);

}  // namespace qprompt

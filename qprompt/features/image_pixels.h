#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "qprompt/clip/model.h"
#include "qprompt/data/image.h"
#include "qprompt/features/image_features.h"

namespace qprompt {

// Preprocessed views of images, for learners that need the pixels at every step. Bytes of views
// stay in memory while they fit `budget`; what does not is decoded again whenever it is asked for.
class ImagePixels {
 public:
  // Decodes every image once, so that damage shows at once. As image_features(): `first` and
  // `skipped` and `notices` have the same meaning, an Error names a damaged image that is not to be
  // skipped.
  ImagePixels(const Model& model, std::vector<ImageRequest> requests,
              const FeatureOptions& options = {}, std::size_t budget = std::size_t{1} << 30);

  Index views() const { return static_cast<Index>(views_.size()); }
  const std::vector<Index>& first() const { return first_; }
  const std::vector<std::string>& skipped() const { return skipped_; }
  const std::vector<std::string>& notices() const { return notices_; }

  // [rows.size(), 3 size size], planar and normalised. Of several ranks, each fills its part of the
  // rows (core/ranks.h) and leaves the others 0: nothing reads them.
  Matrix pixels(std::span<const Index> rows) const;

 private:
  struct View {
    std::size_t request = 0, view = 0;
    Image kept;  // empty where it did not fit
  };

  struct Decoded {
    std::vector<Image> views;
    std::string damage, notice;
  };

  // `count` requests.
  void add(std::size_t first, std::size_t count, bool skip_bad_images,
           const std::function<bool()>& stop);
  void keep(std::size_t request, std::size_t view, Image& image);
  Decoded decode(const ImageRequest& request, const std::function<bool()>& stop) const;

  Model model_;
  Preprocessing preprocessing_;
  std::vector<ImageRequest> requests_;
  std::size_t budget_;  // what is left of it
  std::vector<View> views_;
  std::vector<Index> first_;
  std::vector<std::string> skipped_, notices_;
};

}  // namespace qprompt

#pragma once

#include <gtest/gtest.h>

#include "qprompt/clip/similarity.h"
#include "qprompt/features/image_side.h"
#include "qprompt/train/training_set.h"
#include "tests/support/test_models.h"

namespace qprompt {

inline const std::vector<std::string> kThreeClasses{"cat", "dog", "red_car"};

// The first demo pictures with features and pixels, as any method takes them; labels 0, 1, 2, 0, ..
inline TrainingSet demo_set(const Model& model, std::size_t pictures, Index views = 1) {
  std::vector<ImageRequest> requests;
  for (const auto& path : testing::demo_pictures(pictures)) {
    requests.push_back({path, {}});
    for (Index v = 0; v < views && views > 1; ++v) {
      requests.back().views.push_back(2 * requests.size() + 1000 * v + 1);
    }
  }
  TrainingSet set;
  set.views = views;
  set.features = UnitRows(image_features(ImageSide(model), requests).features).unit;
  set.pixels = std::make_shared<const ImagePixels>(model, requests);
  for (std::size_t i = 0; i < pictures; ++i) set.labels.push_back(static_cast<int>(i % 3));
  return set;
}

}  // namespace qprompt

#include "qprompt/eval/selective.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "qprompt/core/border.h"

namespace qprompt {
namespace {

constexpr std::array kCoverages{1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1};

// Images of one probability, and how many are wrong among them and all before.
struct Level {
  double probability = 0;
  Index images = 0;  // with those before
  double wrong = 0;
};

std::vector<Level> levels_of(std::span<const ImageResult> images) {
  std::vector<ImageResult> sorted(images.begin(), images.end());
  std::ranges::stable_sort(sorted, std::greater{}, &ImageResult::probability);
  std::vector<Level> levels;
  for (const ImageResult& image : sorted) {
    if (levels.empty() || levels.back().probability != image.probability) {
      levels.push_back(levels.empty() ? Level{} : levels.back());
      levels.back().probability = image.probability;
    }
    ++levels.back().images;
    levels.back().wrong += image.predicted != image.label;
  }
  return levels;
}

double area(const std::vector<Level>& levels) {
  double sum = 0;
  Level before;
  for (const Level& level : levels) {
    const auto images = static_cast<double>(level.images - before.images);
    for (Index k = before.images + 1; k <= level.images; ++k) {
      const double share = static_cast<double>(k - before.images) / images;
      sum += (before.wrong + share * (level.wrong - before.wrong)) / static_cast<double>(k);
    }
    before = level;
  }
  return levels.empty() ? 0 : sum / static_cast<double>(levels.back().images);
}

}  // namespace

RiskCoverage risk_coverage(std::span<const ImageResult> images) {
  return at_border([&] {
    const std::vector<Level> levels = levels_of(images);
    RiskCoverage result{{}, area(levels)};
    if (levels.empty()) return result;
    const auto n = static_cast<double>(images.size());
    for (const double coverage : kCoverages) {
      const auto least = static_cast<Index>(std::ceil(coverage * n - 1e-9));
      const auto level = std::ranges::lower_bound(levels, least, {}, &Level::images);
      const auto count = static_cast<double>(level->images);
      result.points.push_back(
          {level->probability, level->images, count / n, 1 - level->wrong / count});
    }
    return result;
  });
}

}  // namespace qprompt

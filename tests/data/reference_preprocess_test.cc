#include <cmath>

#include "qprompt/data/opened_image.h"
#include "qprompt/data/preprocess.h"
#include "qprompt/formats/safetensors.h"
#include "tests/support/goldens.h"

namespace qprompt {
namespace {

constexpr std::array<float, 3> kMean{0.48145466F, 0.4578275F, 0.40821073F};
constexpr std::array<float, 3> kStd{0.26862954F, 0.26130258F, 0.27577711F};

std::vector<float> evaluation_view(const std::filesystem::path& path, int size) {
  // The reference looks at no EXIF orientation.
  const ImageSource source = ImageSource(path).with(Orientation::kAsStored);
  const Image image = clip_preprocess(read_image(source), {.image_size = size});
  std::vector<float> values(image.pixels.size());
  normalize(image, kMean, kStd, values);
  return values;
}

// Differences in grey levels, of a normalised picture [3, height, width].
struct Difference {
  double largest = 0;
  double mean = 0;
};

Difference grey_levels(std::span<const float> values, std::span<const float> expected) {
  Difference difference;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double levels = std::abs(values[i] - expected[i]) * 255 * kStd[3 * i / values.size()];
    difference.largest = std::max(difference.largest, levels);
    difference.mean += levels / static_cast<double>(values.size());
  }
  return difference;
}

TEST(Reference, PreprocessGivesThePixelsOfPillowAndTorchvision) {
  const std::filesystem::path folder = testing::goldens_folder();
  const Safetensors goldens(folder / "preprocess" / "preprocess.safetensors");
  ASSERT_FALSE(goldens.tensors().empty());
  for (const auto& [key, tensor] : goldens.tensors()) {  // "<n_px>/<file>"
    SCOPED_TRACE(key);
    const std::size_t slash = key.find('/');
    const Matrix expected = to_matrix(tensor);
    const std::vector<float> values = evaluation_view(
        folder / "preprocess" / "images" / key.substr(slash + 1), std::stoi(key.substr(0, slash)));
    ASSERT_EQ(values.size(), values_of(expected).size());
    const Difference difference = grey_levels(values, values_of(expected));
    EXPECT_LE(difference.largest, 1.001);  // of float rounding
    EXPECT_LT(difference.mean, 0.25);
  }
}

}  // namespace
}  // namespace qprompt

// Settings of preprocessing in every layout, with the pixels that transformers and open_clip give.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/file.h"
#include "qprompt/core/thread_pool.h"
#include "qprompt/data/preprocess.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_clip.h"

namespace qprompt {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// The sum of all pixels, then those at kPlaces of [3, 12, 12].
using Pixels = std::array<double, 9>;
constexpr std::array kPlaces{0, 7, 30, 77, 143, 153, 328, 431};

// 30 x 16 pixels of red 37 x + 11 y, green 5 x + 53 y, blue x x + 3 y, modulo 256.
Image picture() {
  Image image{.width = 30, .height = 16};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (const int value : {37 * x + 11 * y, 5 * x + 53 * y, x * x + 3 * y}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value % 256));
      }
    }
  }
  return image;
}

struct Case {
  const char* settings;
  Pixels expected;
};

// By tools/preprocessing_values.py (transformers 5.24, open_clip 3.3, Pillow 13).
const Case kHuggingFace[] = {
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}})",
     {64.18339, -1.22292, -0.30322, -0.63899, -0.49300, 1.43399, -0.16127, 0.90875, -0.76922}},
    {R"({"size": {"height": 12, "width": 12}, "crop_size": {"height": 12, "width": 12}})",
     {23.34592, -1.32511, 0.79166, -0.39081, -0.87256, 0.86465, 0.13888, 0.33995, -0.52748}},
    {R"({"size": {"height": 12, "width": 12}, "crop_size": {"height": 12, "width": 12}, "do_center_crop": false})",
     {23.34592, -1.32511, 0.79166, -0.39081, -0.87256, 0.86465, 0.13888, 0.33995, -0.52748}},
    {R"({"size": {"shortest_edge": 14}, "crop_size": {"height": 12, "width": 12}})",
     {93.88225, -0.96015, -0.31782, -0.55140, -0.44921, 0.48509, 0.58911, 1.03673, 1.67663}},
    {R"({"size": {"shortest_edge": 10}, "crop_size": {"height": 12, "width": 12}})",
     {-81.74930, -1.79226, -1.79226, -0.82877, -0.65359, -1.79226, -1.75210, 0.72389, -1.48022}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "do_resize": false})",
     {111.22673, -0.34702, -0.30322, -0.52220, -0.42001, -0.11344, 1.18943, 1.13627, 1.12205}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "do_normalize": false})",
     {211.58040, 0.15294, 0.40000, 0.30980, 0.34902, 0.86667, 0.41569, 0.65882, 0.19608}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "do_rescale": false})",
     {200145.77724, 143.38908, 377.91281, 292.29303, 329.51901, 820.90204, 403.90787, 607.70746,
      179.82562}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "rescale_factor": 0.00784313725490196, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]})",
     {-8.83921, -0.69412, -0.20000, -0.38039, -0.30196, 0.73333, -0.16863, 0.31765, -0.60784}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "resample": 1})",
     {63.83397, -1.22292, -0.24483, -0.60979, -0.40541, 1.56538, -0.20630, 0.85187, -0.75500}},
    {R"({"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}, "resample": 2})",
     {63.44105, -1.04774, -0.30322, -0.60979, -0.49300, 1.24421, -0.07123, 0.92297, -0.61280}},
};
const Case kOpenClip[] = {
    {R"({"size": 12})",
     {64.18339, -1.22292, -0.30322, -0.63899, -0.49300, 1.43399, -0.16127, 0.90875, -0.76922}},
    {R"({"size": 12, "resize_mode": "squash"})",
     {23.34592, -1.32511, 0.79166, -0.39081, -0.87256, 0.86465, 0.13888, 0.33995, -0.52748}},
    {R"({"size": 12, "resize_mode": "longest"})",
     {-348.88276, -1.79226, -1.79226, -1.79226, -0.79957, -1.79226, -1.75210, 0.19775, -1.48022}},
    {R"({"size": 12, "resize_mode": "longest", "fill_color": 114})",
     {10.84319, -0.12804, -0.12804, -0.12804, -0.79957, -0.12804, -0.04121, 0.19775, 0.14087}},
    {R"({"size": 12, "interpolation": "bilinear"})",
     {63.44105, -1.04774, -0.30322, -0.60979, -0.49300, 1.24421, -0.07123, 0.92297, -0.61280}},
};

class PreprocessingConfig : public ::testing::Test {
 protected:
  PreprocessingConfig() {
    testing::write_hugging_face(folder_ / "hf", testing::tiny_clip());
    testing::write_open_clip(folder_ / "oc", testing::tiny_clip());
  }

  Checkpoint hugging_face(const Json& settings) {
    write_file(folder_ / "hf/preprocessor_config.json", settings.dump());
    return Checkpoint::open(folder_ / "hf");
  }
  Checkpoint open_clip(const Json& settings) {
    Json config = testing::open_clip_config();
    config["preprocess_cfg"] = settings;
    write_file(folder_ / "oc/open_clip_config.json", config.dump());
    return Checkpoint::open(folder_ / "oc");
  }
  std::string refusal(const char* settings) {
    return error_of([&] { hugging_face(Json::parse(settings)); });
  }

  static void expect_pixels(const Checkpoint& checkpoint, const Case& expected) {
    SCOPED_TRACE(expected.settings);
    const Preprocessing& preprocessing = checkpoint.shape().preprocessing;
    std::vector<float> values(3 * 12 * 12);
    normalize(clip_preprocess(picture(), preprocessing), preprocessing.mean, preprocessing.std,
              values);
    const double scale = std::max(1.0, std::abs(expected.expected[1]));
    EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), expected.expected[0],
                1e-3 * scale);
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
      EXPECT_NEAR(values[kPlaces[i]], expected.expected[i + 1], 2e-5 * scale) << kPlaces[i];
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(PreprocessingConfig, OfHuggingFaceGivesThePixelsOfTransformers) {
  for (const Case& expected : kHuggingFace) {
    expect_pixels(hugging_face(Json::parse(expected.settings)), expected);
  }
}

TEST_F(PreprocessingConfig, IsReadFromProcessorConfigsImageProcessor) {
  write_file(folder_ / "hf/preprocessor_config.json", R"({"resample": 2})");
  for (const Case& expected : kHuggingFace) {
    const Json settings{{"processor_class", "CLIPProcessor"},
                        {"image_processor", Json::parse(expected.settings)}};
    write_file(folder_ / "hf/processor_config.json", settings.dump());
    expect_pixels(Checkpoint::open(folder_ / "hf"), expected);
  }
}

TEST_F(PreprocessingConfig, OfOpenClipGivesThePixelsOfOpenClip) {
  for (const Case& expected : kOpenClip) {
    expect_pixels(open_clip(Json::parse(expected.settings)), expected);
  }
}

TEST_F(PreprocessingConfig, IsInTheIdentityWhereItDiffersFromClips) {
  ThreadPool threads{2};
  const std::uint64_t plain = hugging_face(Json::object()).identity(threads);
  std::set<std::uint64_t> identities;
  for (const Case& expected : kHuggingFace) {
    identities.insert(hugging_face(Json::parse(expected.settings)).identity(threads));
  }
  EXPECT_TRUE(identities.contains(plain)) << "the first case spells CLIP's settings out";
  EXPECT_EQ(identities.size(), std::size(kHuggingFace) - 1) << "squash, cropped or not, is one";
  EXPECT_EQ(open_clip(Json::object()).identity(threads), plain);
  EXPECT_EQ(open_clip({{"resize_mode", "squash"}}).identity(threads),
            hugging_face(Json::parse(kHuggingFace[1].settings)).identity(threads));
}

TEST_F(PreprocessingConfig, IsRefusedWhereNoSquareOfTheTowersSizeComesOut) {
  EXPECT_THAT(refusal(R"({"do_center_crop": false})"), HasSubstr("do_center_crop is false"));
  EXPECT_THAT(refusal(R"({"do_resize": false, "do_center_crop": false})"),
              HasSubstr("do_center_crop is false"));
  EXPECT_THAT(refusal(R"({"size": {"height": 12, "width": 24}})"), HasSubstr("expected a square"));
  EXPECT_THAT(refusal(R"({"size": {"shortest_edge": 12, "longest_edge": 24}})"),
              HasSubstr("size is "));
  EXPECT_THAT(refusal(R"({"crop_size": 24})"), HasSubstr("crop_size is 24"));
}

TEST_F(PreprocessingConfig, IsRefusedByNameWhereItIsUnknown) {
  EXPECT_THAT(refusal(R"({"do_reduce_labels": true})"),
              HasSubstr("preprocessor_config.json: do_reduce_labels is true"));
  EXPECT_THAT(refusal(R"({"do_pad": true})"), HasSubstr("do_pad is set"));
  EXPECT_THAT(refusal(R"({"size": 12, "default_to_square": true})"),
              HasSubstr("default_to_square is set"));
  EXPECT_THAT(refusal(R"({"resample": 4})"), HasSubstr("resample is 4"));
  EXPECT_THAT(refusal(R"({"rescale_factor": 2})"), HasSubstr("rescale_factor is 2"));
  EXPECT_THAT(refusal(R"({"image_processor_type": "ViTImageProcessor"})"),
              HasSubstr("expected CLIPImageProcessor"));
  EXPECT_THAT(error_of([&] { open_clip({{"mode", "L"}}); }), HasSubstr("mode is 'L'"));
  EXPECT_THAT(error_of([&] {
                open_clip({{"patchify", true}});
              }),
              HasSubstr("preprocess_cfg.patchify is true"));
  EXPECT_THAT(error_of([&] {
                open_clip({{"resize_mode", "stretch"}});
              }),
              HasSubstr("expected shortest, longest or squash"));
}

TEST_F(PreprocessingConfig, MayHoldWhatChangesNothing) {
  EXPECT_NO_THROW(hugging_face(Json::parse(
      R"({"do_convert_rgb": true, "processor_class": "CLIPProcessor", "crop_pct": null,
          "do_pad": null, "image_processor_type": "CLIPImageProcessor"})")));
}

}  // namespace
}  // namespace qprompt

#include "qprompt/checkpoint/hugging_face_preprocessing.h"

#include <nlohmann/json.hpp>

#include "qprompt/checkpoint/config_object.h"
#include "qprompt/checkpoint/harmless.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// Pillow's numbers.
Interpolation interpolation_of(const ConfigObject& config) {
  constexpr Index kLanczos = 1, kBilinear = 2, kBicubic = 3;
  const Index resample = config.whole("resample", kBicubic);
  if (resample == kLanczos) return Interpolation::kLanczos;
  if (resample == kBilinear) return Interpolation::kBilinear;
  require(resample == kBicubic, config.where("resample"), " is ", resample,
          ", expected 1 (Lanczos), 2 (bilinear) or 3 (bicubic)");
  return Interpolation::kBicubic;
}

// Other processors of transformers mean other things by the same keys.
void require_clip(const ConfigObject& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const std::string type = config.text(key, "CLIPImageProcessor");
    require(type == "CLIPImageProcessor" || type == "CLIPImageProcessorFast" ||
                type == "CLIPImageProcessorPil" || type == "CLIPFeatureExtractor",
            config.where(key), " is '", type, "', expected CLIPImageProcessor");
  }
}

void set_resize(const ConfigObject& config, Preprocessing& preprocessing) {
  if (!config.flag("do_resize", true)) {
    config.has("size");
    config.has("resample");
    preprocessing.resize_mode = ResizeMode::kNone;
    return;
  }
  preprocessing.interpolation = interpolation_of(config);
  const bool square = config.flag("use_square_size") || config.is_square("size");
  if (square) preprocessing.resize_mode = ResizeMode::kSquash;
  if (!config.has("size")) return;
  const Index size = config.pixels("size");
  if (size != preprocessing.image_size) preprocessing.resize_size = static_cast<int>(size);
}

// What comes out of the crop, or of the resizing where there is none, is what the tower takes.
void check_crop(const ConfigObject& config, const Preprocessing& preprocessing) {
  constexpr Index kDefault = 224;
  const Index size = preprocessing.image_size;
  if (config.flag("do_center_crop", true)) {
    const bool resized_to_it = preprocessing.resize_size == 0;
    const Index otherwise = resized_to_it ? size : kDefault;
    const Index crop = config.has("crop_size") ? config.pixels("crop_size") : otherwise;
    require(crop == size, config.where("crop_size"), " is ", crop,
            ", expected the model's image size ", size);
    return;
  }
  config.has("crop_size");
  require(preprocessing.resize_mode == ResizeMode::kSquash && preprocessing.resize_size == 0,
          config.where("do_center_crop"),
          " is false, which is supported only where size is {\"height\": ", size,
          ", \"width\": ", size, "}: other pictures would not be ", size, " x ", size);
}

// (pixel * factor - mean) / std, written as (pixel / 255 - mean') / std'.
void set_normalisation(const ConfigObject& config, Preprocessing& preprocessing) {
  const bool rescales = config.flag("do_rescale", true);
  const double factor = config.number("rescale_factor", 1.0 / 255);
  require(factor > 0 && factor <= 1, config.where("rescale_factor"), " is ", factor,
          ", expected above 0 and up to 1");
  const double scale = 255 * (rescales ? factor : 1.0);
  auto mean = config.triple("image_mean", preprocessing.mean);
  auto std = config.triple("image_std", preprocessing.std);
  if (!config.flag("do_normalize", true)) mean = {0, 0, 0}, std = {1, 1, 1};
  for (std::size_t c = 0; c < mean.size(); ++c) {
    preprocessing.mean[c] = static_cast<float>(mean[c] / scale);
    preprocessing.std[c] = static_cast<float>(std[c] / scale);
  }
}

Preprocessing preprocessing_of(const ConfigObject& config, Index image_size) {
  Preprocessing preprocessing{.image_size = static_cast<int>(image_size)};
  require_clip(config);
  require(!config.flag("do_pad"), config.where("do_pad"), " is set, which is not supported");
  require(!config.flag("default_to_square"), config.where("default_to_square"),
          " is set, which is not supported: give size as shortest_edge, or height and width");
  set_resize(config, preprocessing);
  check_crop(config, preprocessing);
  set_normalisation(config, preprocessing);
  config.finish(harmless_processor_keys());
  return preprocessing;
}

}  // namespace

bool has_preprocessing(const fs::path& folder) {
  return fs::exists(folder / "processor_config.json") ||
         fs::exists(folder / "preprocessor_config.json");
}

Preprocessing hugging_face_preprocessing(const fs::path& folder, Index image_size) {
  const fs::path of_both = folder / "processor_config.json";
  if (fs::exists(of_both)) {
    const nlohmann::json json = read_json(of_both);
    const ConfigObject config(json, of_both);
    const bool has_both = config.has("image_processor");
    config.finish(harmless_processor_keys());
    if (has_both) return preprocessing_of(config.object("image_processor"), image_size);
  }
  const fs::path path = folder / "preprocessor_config.json";
  if (!fs::exists(path)) return {.image_size = static_cast<int>(image_size)};
  const nlohmann::json json = read_json(path);
  return preprocessing_of(ConfigObject(json, path), image_size);
}

}  // namespace qprompt

#include "c/arguments.h"

#include "c/call.h"
#include "qprompt/core/error.h"
#include "qprompt/data/class_names.h"

namespace qprompt::c {
namespace {

// Structs know their size: a version that appends fields copies those that the caller knows.
template <typename Options>
Options known(const Options* given, const Options& defaults) {
  if (given == nullptr) return defaults;
  require_argument(given->size == sizeof(Options),
                   "options of " + std::to_string(given->size) + " bytes, expected " +
                       std::to_string(sizeof(Options)) + " (QPROMPT_..._OPTIONS_INIT)");
  return *given;
}

kernels::Precision precision(int given) {
  switch (given) {
    case QPROMPT_AUTO:
      return kernels::Precision::kAuto;
    case QPROMPT_FP32:
      return kernels::Precision::kFloat32;
    case QPROMPT_BF16:
      return kernels::Precision::kBfloat16;
  }
  throw InvalidArgument("precision " + std::to_string(given) + ", expected a qprompt_precision");
}

ImageSource pixels(const qprompt_image& image, const std::string& name) {
  const PixelView view{static_cast<const std::uint8_t*>(image.data), image.width, image.height,
                       image.stride};
  ImageSource source = ImageSource::pixels(view, name);  // width, height and stride are in order
  const auto row = 3 * static_cast<std::size_t>(image.width);
  const std::size_t stride = image.stride == 0 ? row : static_cast<std::size_t>(image.stride);
  const auto below = static_cast<std::size_t>(image.height) - 1;
  require_argument(image.size >= row && (image.size - row) / stride >= below,
                   name + ": " + std::to_string(image.size) + " bytes of pixels, expected " +
                       std::to_string(image.height) + " rows");
  return source;
}

ImageSource image_source(const qprompt_image& image, const std::string& name) {
  require_argument(image.data != nullptr, name + ".data is NULL");
  switch (image.kind) {
    case QPROMPT_IMAGE_FILE:
      return {static_cast<const char*>(image.data)};
    case QPROMPT_IMAGE_ENCODED:
      return ImageSource::encoded(bytes_at(image.data, image.size), name);
    case QPROMPT_IMAGE_PIXELS:
      return pixels(image, name);
  }
  throw InvalidArgument(name + ".kind " + std::to_string(image.kind) +
                        ", expected a qprompt_image_kind");
}

}  // namespace

ModelOptions model_options(const qprompt_model_options* given) {
  const auto known_options = known(given, qprompt_model_options QPROMPT_MODEL_OPTIONS_INIT);
  ModelOptions options;
  options.device.precision = precision(known_options.precision);
  options.device.threads = known_options.threads;
  if (known_options.tokenizer != nullptr) options.tokenizer = known_options.tokenizer;
  return options;
}

ClassifyOptions classify_options(const qprompt_classify_options* given) {
  const auto known_options = known(given, qprompt_classify_options QPROMPT_CLASSIFY_OPTIONS_INIT);
  ClassifyOptions options;
  options.top_k = known_options.top;
  options.features.skip_bad_images = known_options.skip_bad_images != 0;
  return options;
}

std::vector<std::string> strings(const char* const* given, std::size_t count, const char* name) {
  needed(given, name);
  require_argument(count > 0, std::string(name) + ": none, expected at least one");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string place = std::string(name) + "[" + std::to_string(i) + "]";
    needed(given[i], place.c_str());
    texts.emplace_back(given[i]);
  }
  return texts;
}

std::vector<std::string> class_names(const char* const* given, std::size_t count) {
  std::vector<std::string> names = strings(given, count, "class_names");
  for (std::size_t i = 0; i < count; ++i) {
    names[i] = readable_name(names[i], "class_names[" + std::to_string(i) + "]: ");
  }
  return names;
}

std::span<const std::byte> bytes_at(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

std::vector<ImageSource> image_sources(const qprompt_image* images, std::size_t count,
                                       Orientation orientation) {
  needed(images, "images");
  require_argument(count > 0, "images: none, expected at least one");
  std::vector<ImageSource> sources;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "images[" + std::to_string(i) + "]";
    sources.push_back(image_source(images[i], name).with(orientation));
  }
  return sources;
}

}  // namespace qprompt::c

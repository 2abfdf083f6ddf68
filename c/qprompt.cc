#include "c/qprompt.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/data/class_names.h"
#include "qprompt/data/templates.h"
#include "qprompt/inference/classifier.h"
#include "qprompt/inference/embed.h"
#include "qprompt/run/run_folder.h"

struct qprompt_model {
  qprompt::Model model;
};

struct qprompt_classifier {
  qprompt::AdaptedModel model;
  qprompt::Orientation orientation;
  std::vector<const char*> class_names;
};

struct qprompt_results {
  std::vector<qprompt::Classification> found;
  std::vector<std::vector<qprompt_score>> scores;
  std::vector<qprompt_answer> answers;
};

namespace qprompt::c {
namespace {

// A call that is wrong whatever the files hold.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

void require_argument(bool condition, const std::string& message) {
  if (!condition) throw InvalidArgument(message);
}

template <typename T>
T& needed(T* pointer, const char* name) {
  require_argument(pointer != nullptr, std::string(name) + " is NULL");
  return *pointer;
}

// Room that is always there: memory may be what is lacking.
thread_local std::array<char, 2048> last_error{};

qprompt_status failure(qprompt_status status, const char* message) {
  const std::size_t length =
      std::min(std::char_traits<char>::length(message), last_error.size() - 1);
  std::copy_n(message, length, last_error.begin());
  last_error[length] = '\0';
  return status;
}

// Of the exception being handled.
qprompt_status failure() {
  try {
    throw;
  } catch (const InvalidArgument& error) {
    return failure(QPROMPT_INVALID_ARGUMENT, error.what());
  } catch (const OutOfMemory& error) {
    return failure(QPROMPT_OUT_OF_MEMORY, error.what());
  } catch (const std::bad_alloc&) {
    return failure(QPROMPT_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return failure(QPROMPT_ERROR, error.what());
  } catch (...) {
    return failure(QPROMPT_ERROR, "an exception of an unknown type");
  }
}

// No exception leaves through C.
template <typename Work>
qprompt_status guarded(Work&& work) noexcept {
  try {
    work();
    return QPROMPT_OK;
  } catch (...) {
    return failure();
  }
}

// The same for what makes a handle: it is NULL unless all went well.
template <typename Handle, typename Work>
qprompt_status make(Handle** handle, const char* name, Work&& work) noexcept {
  return guarded([&] {
    Handle*& made = needed(handle, name);
    made = nullptr;
    made = new Handle(work());
  });
}

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

ModelOptions model_options(const qprompt_model_options* given) {
  const auto known_options = known(given, qprompt_model_options QPROMPT_MODEL_OPTIONS_INIT);
  ModelOptions options;
  options.device.precision = precision(known_options.precision);
  options.device.threads = known_options.threads;
  if (known_options.tokenizer != nullptr) options.tokenizer = known_options.tokenizer;
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

std::vector<std::string> names_given(const char* const* given, std::size_t count) {
  std::vector<std::string> names = strings(given, count, "class_names");
  for (std::size_t i = 0; i < count; ++i) {
    names[i] = readable_name(names[i], "class_names[" + std::to_string(i) + "]: ");
  }
  return names;
}

// Those given; those that the run learned where none are.
std::vector<std::string> names_for(const std::filesystem::path& prompt, const char* const* given,
                                   std::size_t count) {
  if (given != nullptr || count > 0) return names_given(given, count);
  const auto remembered = remembered_classes(prompt);
  require(remembered.has_value(), prompt.string(), ": no class names beside it in ",
          class_names_path(prompt).filename().string(), ", and none were given");
  return *remembered;
}

qprompt_classifier classifier_of(AdaptedModel model, Orientation orientation) {
  qprompt_classifier made{std::move(model), orientation, {}};
  for (const std::string& name : made.model.class_names()) made.class_names.push_back(name.c_str());
  return made;
}

qprompt_classifier classifier_of(const qprompt_model& model, const PromptFile& prompt,
                                 std::vector<std::string> names, const std::string& origin) {
  const bool upright = prompt.exif.value_or(true);
  return classifier_of(
      naming(origin, [&] { return AdaptedModel(model.model, prompt, std::move(names)); }),
      upright ? Orientation::kUpright : Orientation::kAsStored);
}

std::span<const std::byte> bytes_at(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
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

ImageSource source(const qprompt_image& image, const std::string& name) {
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

std::vector<ImageSource> sources(const qprompt_image* images, std::size_t count,
                                 Orientation orientation = Orientation::kUpright) {
  needed(images, "images");
  require_argument(count > 0, "images: none, expected at least one");
  std::vector<ImageSource> sources;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "images[" + std::to_string(i) + "]";
    sources.push_back(source(images[i], name).with(orientation));
  }
  return sources;
}

ClassifyOptions classify_options(const qprompt_classify_options* given) {
  const auto known_options = known(given, qprompt_classify_options QPROMPT_CLASSIFY_OPTIONS_INIT);
  ClassifyOptions options;
  options.top_k = known_options.top;
  options.features.skip_bad_images = known_options.skip_bad_images != 0;
  return options;
}

qprompt_score score_of(const ClassScore& score) {
  return {score.class_name.c_str(), static_cast<std::size_t>(score.class_index), score.probability,
          score.cosine.value_or(std::numeric_limits<double>::quiet_NaN())};
}

// Pointers to what `found` holds, which stays where it is when the results are moved.
qprompt_results results_of(std::vector<Classification> found) {
  qprompt_results results{std::move(found), {}, {}};
  for (const Classification& image : results.found) {
    std::vector<qprompt_score>& scores = results.scores.emplace_back();
    for (const ClassScore& score : image.scores) scores.push_back(score_of(score));
    const bool damaged = !image.damage.empty();
    results.answers.push_back({damaged ? nullptr : scores.data(), scores.size(), image.margin,
                               image.known_score, damaged ? image.damage.c_str() : nullptr});
  }
  return results;
}

std::size_t width(const qprompt_model& model) {
  return static_cast<std::size_t>(model.model.shape().embed);
}

// Before any work.
void require_room(const qprompt_model& model, std::size_t count, const float* rows,
                  std::size_t room) {
  needed(rows, "rows");
  require_argument(count <= room / width(model), "room for " + std::to_string(room) +
                                                     " floats, expected " + std::to_string(count) +
                                                     " rows of " + std::to_string(width(model)));
}

}  // namespace
}  // namespace qprompt::c

using namespace qprompt::c;  // NOLINT: the functions below are C's

const char* qprompt_version(void) { return QPROMPT_VERSION; }
const char* qprompt_last_error(void) { return last_error.data(); }

qprompt_status qprompt_model_load(const char* path, const qprompt_model_options* options,
                                  qprompt_model** model) {
  return make(model, "model", [&] {
    return qprompt_model{qprompt::Model::load(&needed(path, "path"), model_options(options))};
  });
}

void qprompt_model_free(qprompt_model* model) { delete model; }

qprompt_status qprompt_model_width(const qprompt_model* model, size_t* result) {
  return guarded([&] { needed(result, "width") = width(needed(model, "model")); });
}

qprompt_status qprompt_classifier_load(const qprompt_model* model, const char* prompt,
                                       const char* const* class_names, size_t count,
                                       qprompt_classifier** classifier) {
  return make(classifier, "classifier", [&] {
    needed(model, "model");
    const std::filesystem::path path = qprompt::prompt_path(&needed(prompt, "prompt"));
    return classifier_of(*model, qprompt::load_prompt_file(path),
                         names_for(path, class_names, count), path.string());
  });
}

qprompt_status qprompt_classifier_from_bytes(const qprompt_model* model, const void* prompt,
                                             size_t prompt_size, const char* const* class_names,
                                             size_t count, qprompt_classifier** classifier) {
  return make(classifier, "classifier", [&] {
    needed(model, "model");
    require_argument(prompt != nullptr, "prompt is NULL");
    constexpr char kOrigin[] = "a prompt in memory";
    const auto file = qprompt::prompt_file_from_bytes(bytes_at(prompt, prompt_size), kOrigin);
    return classifier_of(*model, file, names_given(class_names, count), kOrigin);
  });
}

qprompt_status qprompt_classifier_zero_shot(const qprompt_model* model, const char* class_template,
                                            const char* const* class_names, size_t count,
                                            qprompt_classifier** classifier) {
  return make(classifier, "classifier", [&] {
    const std::string given = class_template == nullptr ? "a photo of a {}." : class_template;
    return classifier_of(
        qprompt::AdaptedModel::zero_shot(needed(model, "model").model, qprompt::templates_of(given),
                                         names_given(class_names, count)),
        qprompt::Orientation::kUpright);
  });
}

void qprompt_classifier_free(qprompt_classifier* classifier) { delete classifier; }

qprompt_status qprompt_classifier_class_names(const qprompt_classifier* classifier,
                                              const char* const** class_names, size_t* count) {
  return guarded([&] {
    const std::vector<const char*>& names = needed(classifier, "classifier").class_names;
    const char* const*& names_wanted = needed(class_names, "class_names");
    needed(count, "count") = names.size();
    names_wanted = names.data();
  });
}

qprompt_status qprompt_classify(const qprompt_classifier* classifier, const qprompt_image* images,
                                size_t count, const qprompt_classify_options* options,
                                qprompt_results** results) {
  return make(results, "results", [&] {
    const qprompt_classifier& asked = needed(classifier, "classifier");
    return results_of(qprompt::classify(asked.model, sources(images, count, asked.orientation),
                                        classify_options(options)));
  });
}

const qprompt_answer* qprompt_results_answer(const qprompt_results* results, size_t index) {
  const bool is_there = results != nullptr && index < results->answers.size();
  return is_there ? &results->answers[index] : nullptr;
}

void qprompt_results_free(qprompt_results* results) { delete results; }

qprompt_status qprompt_embed_images(const qprompt_model* model, const qprompt_image* images,
                                    size_t count, float* rows, size_t room) {
  return guarded([&] {
    const auto given = sources(images, count);
    require_room(needed(model, "model"), count, rows, room);
    const qprompt::Matrix embeddings = qprompt::embed_images(model->model, given);
    std::copy_n(embeddings.data(), embeddings.size(), rows);
  });
}

qprompt_status qprompt_embed_texts(const qprompt_model* model, const char* const* texts,
                                   size_t count, float* rows, size_t room) {
  return guarded([&] {
    const auto given = strings(texts, count, "texts");
    require_room(needed(model, "model"), count, rows, room);
    const qprompt::Matrix embeddings = qprompt::embed_texts(model->model, given);
    std::copy_n(embeddings.data(), embeddings.size(), rows);
  });
}

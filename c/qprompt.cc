#include "c/qprompt.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "c/arguments.h"
#include "c/call.h"
#include "qprompt/artifact/prompt_file.h"
#include "qprompt/clip/model.h"
#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
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

// Those given; those that the run learned where none are.
std::vector<std::string> names_for(const std::filesystem::path& prompt, const char* const* given,
                                   std::size_t count) {
  if (given != nullptr || count > 0) return qprompt::c::class_names(given, count);
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
const char* qprompt_last_error(void) { return last_error(); }

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
    return classifier_of(*model, file, qprompt::c::class_names(class_names, count), kOrigin);
  });
}

qprompt_status qprompt_classifier_zero_shot(const qprompt_model* model, const char* class_template,
                                            const char* const* class_names, size_t count,
                                            qprompt_classifier** classifier) {
  return make(classifier, "classifier", [&] {
    const std::string given = class_template == nullptr ? "a photo of a {}." : class_template;
    return classifier_of(
        qprompt::AdaptedModel::zero_shot(needed(model, "model").model, qprompt::templates_of(given),
                                         qprompt::c::class_names(class_names, count)),
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
    return results_of(qprompt::classify(
        asked.model, image_sources(images, count, asked.orientation), classify_options(options)));
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
    const auto given = image_sources(images, count);
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

#include "qprompt/inference/classifier.h"

#include <nlohmann/json.hpp>

#include "qprompt/clip/similarity.h"
#include "qprompt/features/image_side.h"
#include "qprompt/inference/embed.h"
#include "server/description.h"
#include "server/form.h"
#include "server/handlers.h"

namespace qprompt::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kTemplate[] = "a photo of a {}.";

// The images of a form, checked for their number.
std::vector<ImageSource> images_of(const Form& form, const std::vector<Part>& files, int most,
                                   std::optional<bool> exif = std::nullopt) {
  if (files.empty()) throw Problem(422, "no image: a file part called image, or the bytes of one");
  require_at_most(files.size(), most, "images");
  const auto orientation = exif.value_or(true) ? Orientation::kUpright : Orientation::kAsStored;
  std::vector<ImageSource> images;
  images.reserve(files.size());
  for (const Part& file : files) images.push_back(form.image(file).with(orientation));
  return images;
}

void require_whole(const ImageFeatures& features, bool skip_bad_images) {
  if (!skip_bad_images && !features.skipped.empty()) throw Problem(422, features.skipped.front());
}

Form form_of(const Service& service, const RequestHandle& request) {
  return {request, "image", static_cast<std::size_t>(service.options.limits.images)};
}

// The question of a form: a model among classes.
AdaptedModel model_of(Service& service, Form& form, PromptHandle& prompt) {
  const auto class_names = form.lines("classes");
  const auto prompt_template = form.text("template");
  if (const auto name = form.text("prompt")) {
    if (prompt_template) throw Problem(422, "template and prompt exclude each other");
    prompt = service.prompts.at(*name);
    return service.prompts.adapted(prompt, class_names);
  }
  if (!class_names) throw Problem(422, "neither prompt nor classes: one of them is needed");
  return service.prompts.zero_shot(prompt_template.value_or(kTemplate), *class_names);
}

Json as_json(const Classification& result) {
  if (!result.damage.empty()) return {{"image", result.image}, {"error", result.damage}};
  Json scores = Json::array();
  for (const ClassScore& score : result.scores) {
    Json each = {{"class", score.class_name}, {"probability", score.probability}};
    if (score.cosine) each["cosine"] = *score.cosine;
    scores.push_back(std::move(each));
  }
  return {{"image", result.image},
          {"abstained", result.abstained},
          {"margin", result.margin},
          {"known_score", result.known_score},
          {"scores", std::move(scores)}};
}

Json rows_as_json(const Matrix& rows) {
  Json json = Json::array();
  for (Index i = 0; i < rows.rows(); ++i) {
    json.push_back(std::vector<float>(rows.row(i).begin(), rows.row(i).end()));
  }
  return json;
}

std::vector<std::string> names_of(const std::vector<ImageSource>& images) {
  std::vector<std::string> names;
  names.reserve(images.size());
  for (const ImageSource& image : images) names.push_back(image.name());
  return names;
}

}  // namespace

asio::awaitable<Response> classify_images(Service& service, RequestHandle request) {
  Form form = form_of(service, request);
  PromptHandle prompt;
  const ClassifyOptions options{.top_k = form.integer("top", 5, 1, service.options.limits.classes),
                                .min_confidence = form.number("min_confidence", 0, 0, 1)};
  const bool skips = form.flag("skip_bad_images");
  const std::vector<Part> files = form.files("image");
  const AdaptedModel model = model_of(service, form, prompt);
  form.require_all_read();
  const auto images = images_of(form, files, service.options.limits.images,
                                prompt ? prompt->file.exif : std::nullopt);
  const ImageFeatures features = co_await service.images.features(model.image_side(), images);
  require_whole(features, skips);
  Json results = Json::array();
  for (const auto& result : classify(model, features, names_of(images), options)) {
    results.push_back(as_json(result));
  }
  Json name = nullptr;
  if (prompt) name = prompt->name;
  co_return json_response(
      {{"prompt", name}, {"classes", model.class_names()}, {"images", std::move(results)}});
}

asio::awaitable<Response> embed_image(Service& service, RequestHandle request) {
  Form form = form_of(service, request);
  const bool skips = form.flag("skip_bad_images");
  const std::vector<Part> files = form.files("image");
  form.require_all_read();
  const auto images = images_of(form, files, service.options.limits.images);
  const ImageFeatures features = co_await service.images.features(ImageSide(service.model), images);
  require_whole(features, skips);
  Json embeddings = Json::array(), damages = Json::object();
  const Json rows = rows_as_json(UnitRows(features.features).unit);
  auto damage = features.skipped.begin();
  for (std::size_t i = 0; i < images.size(); ++i) {
    const bool is_read = features.first[i] >= 0;
    embeddings.push_back(is_read ? rows[static_cast<std::size_t>(features.first[i])] : Json());
    if (!is_read) damages[images[i].name()] = *damage++;
  }
  Json answer = {{"images", names_of(images)}, {"embeddings", std::move(embeddings)}};
  if (!damages.empty()) answer["errors"] = std::move(damages);
  co_return json_response(answer);
}

asio::awaitable<Response> embed_text(Service& service, RequestHandle request) {
  const auto texts = texts_in(object_in(*request, {"texts"}), "texts");
  require_at_most(texts.size(), service.options.limits.classes, "texts");
  co_return json_response({{"embeddings", rows_as_json(embed_texts(service.model, texts))}});
}

}  // namespace qprompt::server

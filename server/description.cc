#include "server/description.h"

#include <algorithm>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/json.h"
#include "qprompt/core/nearest.h"
#include "qprompt/train/settings.h"

namespace qprompt::server {

using Json = nlohmann::ordered_json;

Json description(const ShelvedPrompt& prompt) {
  Json json = {{"name", prompt.name},
               {"bytes", prompt.bytes.size()},
               {"method", enum_name(method_tag(prompt.file.method))},
               {"classes", nullptr},
               {"any_classes", prompt.any_classes},
               {"run", prompt.is_run}};
  if (prompt.class_names) json["classes"] = *prompt.class_names;
  return json;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Response json_response(const Json& json, int status) {
  return {.status = status, .content_type = "application/json", .body = text_of(json) + "\n"};
}

nlohmann::json object_in(const Request& request, const std::vector<std::string>& fields) {
  nlohmann::json json;
  try {
    json = parse_json(request.body, "the body");
  } catch (const Error& error) {
    throw Problem(400, error.what());
  }
  if (!json.is_object()) throw Problem(400, "the body is JSON but no object");
  for (const auto& [field, value] : json.items()) {
    if (std::ranges::count(fields, field) > 0) continue;
    throw Problem(400, "unknown field " + none_of(printable(field), fields));
  }
  return json;
}

std::vector<std::string> texts_in(const nlohmann::json& object, const std::string& field) {
  const auto found = object.find(field);
  const bool is_list =
      found != object.end() && found->is_array() &&
      std::ranges::all_of(*found, [](const auto& each) { return each.is_string(); });
  if (!is_list) throw Problem(422, field + ": expected a list of texts");
  return found->get<std::vector<std::string>>();
}

}  // namespace qprompt::server

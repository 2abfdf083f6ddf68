#include <nlohmann/json.hpp>

#include "qprompt/artifact/prompt_file.h"
#include "server/description.h"
#include "server/form.h"
#include "server/handlers.h"

namespace qprompt::server {
namespace {

using Json = nlohmann::ordered_json;

Json classes_of(const ShelvedPrompt& prompt) {
  return {{"classes", prompt.class_names.value_or(std::vector<std::string>())}};
}

std::vector<std::string> classes_in(const Request& request) {
  return texts_in(object_in(request, {"classes"}), "classes");
}

}  // namespace

asio::awaitable<Response> list_prompts(Service& service, RequestHandle) {
  Json prompts = Json::array();
  for (const PromptHandle& prompt : service.prompts.all()) {
    prompts.push_back(description(*prompt));
  }
  co_return json_response({{"prompts", std::move(prompts)}});
}

asio::awaitable<Response> get_prompt(Service& service, RequestHandle request) {
  const PromptHandle prompt = service.prompts.at(request->captures[0]);
  const auto* bytes = reinterpret_cast<const char*>(prompt->bytes.data());
  co_return Response{.content_type = "application/octet-stream",
                     .body = std::string(bytes, prompt->bytes.size()),
                     .headers = {{"Content-Disposition",
                                  "attachment; filename=\"" + prompt->name + ".qprompt\""}}};
}

asio::awaitable<Response> put_prompt(Service& service, RequestHandle request) {
  const std::string& name = request->captures[0];
  Form form(request, "file", 1);
  const std::vector<Part> files = form.files("file");
  const auto class_names = form.lines("classes");
  form.require_all_read();
  if (files.size() != 1) {
    throw Problem(422, std::to_string(files.size()) + " prompt files, expected one");
  }
  const auto bytes = std::as_bytes(std::span(files[0].content));
  const bool is_new = service.prompts.put(name, prompt_file_from_bytes(bytes, name), class_names);
  co_return json_response(description(*service.prompts.at(name)), is_new ? 201 : 200);
}

asio::awaitable<Response> delete_prompt(Service& service, RequestHandle request) {
  service.prompts.remove(request->captures[0]);
  co_return Response{.status = 204};
}

asio::awaitable<Response> get_classes(Service& service, RequestHandle request) {
  co_return json_response(classes_of(*service.prompts.at(request->captures[0])));
}

asio::awaitable<Response> add_classes(Service& service, RequestHandle request) {
  const auto names = classes_in(*request);
  co_return json_response(classes_of(*service.prompts.add_classes(request->captures[0], names)));
}

asio::awaitable<Response> put_classes(Service& service, RequestHandle request) {
  const auto names = classes_in(*request);
  co_return json_response(
      classes_of(*service.prompts.replace_classes(request->captures[0], names)));
}

}  // namespace qprompt::server

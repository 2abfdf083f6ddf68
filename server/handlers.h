#pragma once

#include "server/service.h"

// What is answered to whom; openapi.json describes each.
namespace qprompt::server {

asio::awaitable<Response> classify_images(Service& service, RequestHandle request);
asio::awaitable<Response> embed_image(Service& service, RequestHandle request);
asio::awaitable<Response> embed_text(Service& service, RequestHandle request);

asio::awaitable<Response> list_prompts(Service& service, RequestHandle request);
asio::awaitable<Response> get_prompt(Service& service, RequestHandle request);
asio::awaitable<Response> put_prompt(Service& service, RequestHandle request);
asio::awaitable<Response> delete_prompt(Service& service, RequestHandle request);
asio::awaitable<Response> get_classes(Service& service, RequestHandle request);
asio::awaitable<Response> add_classes(Service& service, RequestHandle request);
asio::awaitable<Response> put_classes(Service& service, RequestHandle request);

asio::awaitable<Response> start_lesson(Service& service, RequestHandle request);
asio::awaitable<Response> follow_lesson(Service& service, RequestHandle request);
asio::awaitable<Response> stop_lesson(Service& service, RequestHandle request);

asio::awaitable<Response> describe_model(Service& service, RequestHandle request);
asio::awaitable<Response> health(Service& service, RequestHandle request);
asio::awaitable<Response> readiness(Service& service, RequestHandle request);
asio::awaitable<Response> metrics(Service& service, RequestHandle request);
asio::awaitable<Response> openapi(Service& service, RequestHandle request);
asio::awaitable<Response> page(Service& service, RequestHandle request);
asio::awaitable<Response> page_script(Service& service, RequestHandle request);
asio::awaitable<Response> page_style(Service& service, RequestHandle request);

}  // namespace qprompt::server

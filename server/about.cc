#include <nlohmann/json.hpp>
#include <string_view>

#include "qprompt/core/fields.h"
#include "qprompt/core/hash.h"
#include "qprompt/kernels/device.h"
#include "qprompt/run/record.h"
#include "server/description.h"
#include "server/handlers.h"

namespace qprompt::server {

extern const std::string_view kPage, kPageScript, kPageStyle, kOpenApi;

namespace {

// The page asks this server alone, whatever names in it say.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
    "blob: data:; media-src blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

Response text(std::string_view body, const char* type) {
  return {.content_type = type, .body = std::string(body)};
}

}  // namespace

asio::awaitable<Response> describe_model(Service& service, RequestHandle) {
  const Model& model = service.model;
  const Limits& limits = service.options.limits;
  co_return json_response({{"model", service.options.model_name},
                           {"identity", hex64(model.identity())},
                           {"embed", model.shape().embed},
                           {"image_size", model.shape().preprocessing.image_size},
                           {"precision", kernels::precision_name(model.device().info())},
                           {"version", record_version()},
                           {"token_required", !service.options.token.empty()},
                           {"limits",
                            {{"body", limits.body_bytes()},
                             {"images", limits.images},
                             {"pixels", limits.pixels()},
                             {"classes", limits.classes},
                             {"name", limits.name},
                             {"prompts", limits.prompts}}}});
}

asio::awaitable<Response> health(Service&, RequestHandle) {
  co_return json_response({{"status", "ok"}});
}

asio::awaitable<Response> readiness(Service& service, RequestHandle) {
  if (service.stopping) throw Problem(503, "the server is stopping");
  co_return json_response({{"status", "ready"}});
}

asio::awaitable<Response> metrics(Service& service, RequestHandle) {
  co_return text(service.metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
}

asio::awaitable<Response> openapi(Service&, RequestHandle) {
  co_return text(kOpenApi, "application/json");
}

asio::awaitable<Response> page(Service&, RequestHandle) {
  Response response = text(kPage, "text/html; charset=utf-8");
  response.headers = {{"Content-Security-Policy", kPolicy}};
  co_return response;
}

asio::awaitable<Response> page_script(Service&, RequestHandle) {
  co_return text(kPageScript, "text/javascript; charset=utf-8");
}

asio::awaitable<Response> page_style(Service&, RequestHandle) {
  co_return text(kPageStyle, "text/css; charset=utf-8");
}

}  // namespace qprompt::server

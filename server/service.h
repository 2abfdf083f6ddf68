#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "qprompt/clip/model.h"
#include "server/http.h"
#include "server/image_queue.h"
#include "server/lessons.h"
#include "server/metrics.h"
#include "server/prompt_shelf.h"

namespace qprompt::server {

// All that answers need.
struct Service {
  Service(const Model& backbone, const ServerOptions& server_options)
      : model(backbone),
        options(server_options),
        images(options, metrics),
        prompts(model, options),
        lessons(model, prompts, options) {}

  const Model model;
  const ServerOptions options;
  Metrics metrics;
  ImageQueue images;
  PromptShelf prompts;
  Lessons lessons;
  std::atomic<bool> stopping = false;        // it takes no new connections
  std::atomic<int> at_work = 0;              // requests that are being answered
  std::atomic<std::int64_t> body_bytes = 0;  // of their bodies
};

using RequestHandle = std::shared_ptr<const Request>;
using Handler = asio::awaitable<Response> (*)(Service& service, RequestHandle request);

struct Route {
  std::string method;
  std::string pattern;  // "/v1/prompts/{name}": braces stand for any one segment
  Handler handler;
  bool changes = false;                 // needs the token, where there is one
  std::vector<std::string> segments{};  // of the pattern
};
std::span<const Route> routes();

// The route of a request, and the segments that it leaves open. Throws Problem 404 where there is
// no such path, 405 where it has no such method.
const Route& route_of(const RequestHead& head, std::vector<std::string>& captures);

// Throws Problem where the request may not be answered: 403 for one that another site's page sent,
// 401 for one without the token that it needs. `route`: its own.
void require_admitted(const ServerOptions& options, const RequestHead& head, const Route& route);

}  // namespace qprompt::server

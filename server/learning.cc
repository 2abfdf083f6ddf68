#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"
#include "qprompt/core/json.h"
#include "qprompt/core/stopwatch.h"
#include "server/description.h"
#include "server/form.h"
#include "server/handlers.h"

namespace qprompt::server {
namespace {

constexpr char kImage[] = "image:";

// Settings are texts, as flags are; numbers and truth values are taken for theirs.
Settings settings_of(const std::string& text) {
  nlohmann::json json;
  try {
    json = parse_json(text, "settings");
  } catch (const Error& error) {
    throw Problem(422, error.what());
  }
  if (!json.is_object()) throw Problem(422, "settings: expected a JSON object");
  Settings settings;
  for (const auto& [name, value] : json.items()) {
    if (value.is_structured() || value.is_null()) {
      throw Problem(422, "settings: " + printable(name) + " is no text, number, true or false");
    }
    settings[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return settings;
}

// The pictures of each class, in the order in which classes come first.
Dataset images_of(const Service& service, Form& form) {
  const Limits& limits = service.options.limits;
  std::vector<std::string> given;
  std::vector<Item> items;
  std::vector<int> counts;
  for (const auto& [class_name, file] : form.files_below(kImage)) {
    const auto known = std::ranges::find(given, class_name);
    const auto label = static_cast<int>(known - given.begin());
    if (known == given.end()) {
      given.push_back(class_name);
      counts.push_back(0);
    }
    if (++counts[static_cast<std::size_t>(label)] > limits.images) {
      throw Problem(422, "class '" + printable(class_name) + "' has more than " +
                             std::to_string(limits.images) + " images");
    }
    items.push_back({form.image(file), label});
  }
  if (given.size() < 2) {
    throw Problem(422, "images of " + std::to_string(given.size()) +
                           " classes, expected two or more: file parts called image:CLASS");
  }
  return dataset_of(std::move(items), service.prompts.checked(given));
}

}  // namespace

asio::awaitable<Response> start_lesson(Service& service, RequestHandle request) {
  const Limits& limits = service.options.limits;
  const std::size_t most =
      static_cast<std::size_t>(limits.images) * static_cast<std::size_t>(limits.classes);
  Form form(request, "image", most);
  const auto name = form.text("name");
  if (!name) throw Problem(422, "name of the prompt: it is missing");
  const bool replaces = form.flag("replace");
  Lesson lesson{.name = *name};
  if (const auto settings = form.text("settings")) lesson.settings = settings_of(*settings);
  lesson.images = images_of(service, form);
  form.require_all_read();
  service.prompts.require_free(*name, replaces);
  const std::string id = service.lessons.start(std::move(lesson));
  co_return json_response({{"id", id}, {"events", "/v1/learn/" + id + "/events"}}, 202);
}

asio::awaitable<Response> follow_lesson(Service& service, RequestHandle request) {
  const auto log = service.lessons.events(request->captures[0]);
  auto seen = std::make_shared<std::size_t>(0);
  // What is told soon enough to watch; and something now and then, so that it is known to live.
  const EventSource events = [log, seen]() -> asio::awaitable<std::string> {
    constexpr double kHeartbeat = 10;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const Stopwatch quiet;
    while (true) {
      const bool ended = log->ended();
      const std::string text = log->since(*seen);
      if (!text.empty() || ended) co_return text;
      if (quiet.seconds() > kHeartbeat) co_return ": still at work\n\n";
      timer.expires_after(std::chrono::milliseconds(50));
      co_await timer.async_wait(asio::use_awaitable);
    }
  };
  co_return Response{.content_type = "text/event-stream", .events = events};
}

asio::awaitable<Response> stop_lesson(Service& service, RequestHandle request) {
  service.lessons.stop(request->captures[0]);
  co_return Response{.status = 202};
}

}  // namespace qprompt::server

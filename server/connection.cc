#include "server/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>

#include "qprompt/core/stopwatch.h"
#include "server/access_log.h"

namespace qprompt::server {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using beast::error_code;

constexpr std::uint32_t kMostHeaderBytes = 16 << 10;
constexpr auto kLinger = std::chrono::seconds(1);

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// While it lives, its amount is added to what is counted.
template <typename Count>
class Counted {
 public:
  explicit Counted(std::atomic<Count>& count, Count amount = 1) : count_(count), amount_(amount) {
    count_ += amount_;
  }
  ~Counted() { count_ -= amount_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<Count>& count_;
  Count amount_;
};

// Nothing where the client has gone, or its time is over: the connection is closed then.
std::optional<Problem> problem_of(const error_code& error, const Limits& limits) {
  if (error == http::error::body_limit) {
    return Problem(413,
                   "a body larger than the limit of " + std::to_string(limits.body_mib) + " MiB");
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Problem(431, "headers larger than the limit of 16 KiB");
  }
  const bool is_http = error.category() == make_error_code(http::error::end_of_stream).category();
  if (is_http && error != http::error::end_of_stream && error != http::error::partial_message) {
    return Problem(400, "malformed HTTP: " + error.message());
  }
  return std::nullopt;
}

class Connection {
 public:
  Connection(asio::ip::tcp::socket socket, Service& service, asio::thread_pool& workers)
      : stream_(std::move(socket)), service_(service), workers_(workers) {
    error_code ignored;
    client_ = stream_.socket().remote_endpoint(ignored).address().to_string();
  }

  asio::awaitable<void> run() {
    bool goes_on = true;
    for (bool is_first = true; goes_on && !service_.stopping; is_first = false) {
      goes_on = co_await exchange(is_first);
    }
    co_await close();
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  // One request and its answer; whether another may follow.
  asio::awaitable<bool> exchange(bool is_first) {
    Parser parser;
    parser.header_limit(kMostHeaderBytes);
    parser.body_limit(static_cast<std::uint64_t>(service_.options.limits.body_bytes()));
    // Between two requests a connection may be quiet; a request has to arrive at once.
    if (!is_first && buffer_.size() == 0 && !co_await wait_for_bytes()) co_return false;
    watch_ = Stopwatch();
    error_code error;
    stream_.expires_after(std::chrono::seconds(service_.options.patience.request_seconds));
    co_await http::async_read_header(stream_, buffer_, parser, into(error));
    const Counted at_work(service_.at_work);
    if (error) co_return co_await refuse(error, parser);
    auto request = std::make_shared<Request>();
    std::optional<Problem> problem;
    const Route* route = nullptr;
    try {
      fill_head(parser.get(), *request);
      route = &route_of(*request, request->captures);
      require_admitted(service_.options, *request, *route);
    } catch (...) {
      problem = current_problem();
    }
    // What is refused by its head alone is not read to its end.
    if (problem) co_return co_await answer(problem->response(), *request, route, false);
    // Of a body of unknown length, what it may have at most.
    const Limits& limits = service_.options.limits;
    const auto length = parser.content_length();
    const Counted bodies(service_.body_bytes, length
                                                  ? static_cast<std::int64_t>(*length)
                                                  : (parser.chunked() ? limits.body_bytes() : 0));
    if (service_.body_bytes > limits.all_bodies_bytes()) {
      const Problem busy(503, "too many large requests at once", {{"Retry-After", "1"}});
      co_return co_await answer(busy.response(), *request, route, false);
    }
    co_await read_body(parser, error);
    if (error) co_return co_await refuse(error, parser, request.get(), route);
    request->body = std::move(parser.get().body());
    const bool keeps = parser.keep_alive();
    Response response =
        co_await asio::co_spawn(workers_, made(*route, request), asio::use_awaitable);
    co_return co_await answer(std::move(response), *request, route, keeps);
  }

  asio::awaitable<bool> wait_for_bytes() {
    error_code error;
    stream_.expires_after(std::chrono::seconds(service_.options.patience.idle_seconds));
    const std::size_t count =
        co_await stream_.async_read_some(buffer_.prepare(kMostHeaderBytes), into(error));
    buffer_.commit(count);
    co_return !error;
  }

  asio::awaitable<void> read_body(Parser& parser, error_code& error) {
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream_, go_on, into(error));
      if (error) co_return;
    }
    co_await http::async_read(stream_, buffer_, parser, into(error));
  }

  static void fill_head(const http::request<http::string_body>& message, Request& request) {
    request.method = message.method_string();
    request.host = message[http::field::host];
    request.origin = message[http::field::origin];
    request.authorization = message[http::field::authorization];
    request.content_type = message[http::field::content_type];
    const auto target = boost::urls::parse_origin_form(message.target());
    if (!target) throw Problem(400, "a request target that is no path");
    request.path = target->encoded_path();
    for (const auto& segment : target->segments()) {
      if (!segment.empty()) request.segments.push_back(segment);
    }
    boost::urls::encoding_opts plus_is_space;
    plus_is_space.space_as_plus = true;
    for (const auto& each : target->encoded_params()) {
      request.query.emplace_back(each.key.decode(plus_is_space), each.value.decode(plus_is_space));
    }
  }

  // On a worker.
  asio::awaitable<Response> made(const Route& route, RequestHandle request) {
    try {
      co_return co_await route.handler(service_, request);
    } catch (...) {
      co_return current_problem().response();
    }
  }

  asio::awaitable<bool> refuse(const error_code& error, const Parser& parser,
                               const Request* request = nullptr, const Route* route = nullptr) {
    const auto problem = problem_of(error, service_.options.limits);
    if (!problem) co_return false;
    Request unknown;
    unknown.method = parser.get().method_string();
    co_return co_await answer(problem->response(), request ? *request : unknown, route, false);
  }

  asio::awaitable<bool> answer(Response response, const Request& request, const Route* route,
                               bool keeps) {
    keeps = keeps && !service_.stopping;
    const std::size_t sent = response.body.size();
    const int status = response.status;
    const bool is_sent = response.events ? co_await send_events(response)
                                         : co_await send(std::move(response), request, keeps);
    // Any number of unknown paths is one.
    const std::string where = route ? route->pattern : "unknown";
    service_.metrics.answered(route ? route->method : "unknown", where, status, watch_.seconds());
    if (service_.options.access) {
      service_.options.access(text_of(AccessEntry{.client = client_,
                                                  .method = request.method,
                                                  .path = request.path,
                                                  .status = status,
                                                  .received = request.body.size(),
                                                  .sent = sent,
                                                  .seconds = watch_.seconds()}));
    }
    co_return is_sent&& keeps;
  }

  template <typename Body>
  static http::response<Body> headed(const Response& response, bool keeps) {
    http::response<Body> message(static_cast<http::status>(response.status), 11);
    if (!response.content_type.empty()) {
      message.set(http::field::content_type, response.content_type);
    }
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.keep_alive(keeps);
    return message;
  }

  asio::awaitable<bool> send(Response response, const Request& request, bool keeps) {
    error_code error;
    stream_.expires_after(std::chrono::seconds(service_.options.patience.request_seconds));
    auto message = headed<http::string_body>(response, keeps);
    const bool has_body = response.status != 204;
    if (has_body) message.content_length(response.body.size());
    if (has_body && request.method != "HEAD") message.body() = std::move(response.body);
    http::response_serializer<http::string_body> serializer(message);
    if (request.method == "HEAD") {
      co_await http::async_write_header(stream_, serializer, into(error));
    } else {
      co_await http::async_write(stream_, serializer, into(error));
    }
    co_return !error;
  }

  // As a chunked body that ends with the connection.
  asio::awaitable<bool> send_events(const Response& response) {
    error_code error;
    auto message = headed<http::empty_body>(response, false);
    message.chunked(true);
    http::response_serializer<http::empty_body> serializer(message);
    stream_.expires_after(std::chrono::seconds(service_.options.patience.request_seconds));
    co_await http::async_write_header(stream_, serializer, into(error));
    while (!error) {
      const std::string events = co_await response.events();
      stream_.expires_after(std::chrono::seconds(service_.options.patience.request_seconds));
      if (events.empty()) {
        co_await asio::async_write(stream_, http::make_chunk_last(), into(error));
        break;
      }
      co_await asio::async_write(stream_, http::make_chunk(asio::buffer(events)), into(error));
    }
    co_return false;
  }

  // A client that still sends would not see the answer if the rest were not read.
  asio::awaitable<void> close() {
    error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    stream_.expires_after(kLinger);
    for (std::size_t read = 0; !error && read < kMostLingering;) {
      std::array<char, 4096> rest;
      const std::size_t count = co_await stream_.async_read_some(asio::buffer(rest), into(error));
      read += count;
    }
    stream_.close();
  }

  static constexpr std::size_t kMostLingering = 16 << 20;

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  Service& service_;
  asio::thread_pool& workers_;
  std::string client_;
  Stopwatch watch_;
};

}  // namespace

asio::awaitable<void> converse(asio::ip::tcp::socket socket, Service& service,
                               asio::thread_pool& workers) {
  Connection connection(std::move(socket), service, workers);
  service.metrics.connected(1);
  try {
    co_await connection.run();
  } catch (...) {
    // A broken connection ends alone.
  }
  service.metrics.connected(-1);
}

}  // namespace qprompt::server

#include "tests/server/running_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "qprompt/core/file.h"

namespace qprompt::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

tcp::socket connected(asio::io_context& context, int port) {
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)});
  return socket;
}

}  // namespace

RunningServer::RunningServer(const Model& model, server::ServerOptions options) {
  options.port = 0;
  options.prompts = folder_.path();
  options.stop = [this] { return stop_.load(); };
  options.on_listening = [this](int port) { port_ = port; };
  options.access = [this](const std::string& line) {
    const std::scoped_lock lock(mutex_);
    access_.push_back(line);
  };
  thread_ = std::thread([this, model, options] {
    try {
      server::serve(model, options);
    } catch (const Error& error) {
      failure_ = error.what();
      port_ = -1;
    }
  });
  while (port_ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (port_ > 0) return;
  thread_.join();
  fail(failure_);
}

void RunningServer::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> RunningServer::access_log() const {
  const std::scoped_lock lock(mutex_);
  return access_;
}

Answer RunningServer::ask(const std::string& method, const std::string& target,
                          const std::string& body, const Headers& headers) const {
  asio::io_context context;
  tcp::socket socket = connected(context, port_);
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  if (request.method() == http::verb::unknown) request.method_string(method);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port_));
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  http::write(socket, request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.skip(method == "HEAD");
  http::read(socket, buffer, parser);
  const auto& response = parser.get();
  Answer answer{.status = static_cast<int>(response.result_int()),
                .content_type = response[http::field::content_type],
                .body = response.body()};
  for (const auto& field : response) answer.headers[field.name_string()] = field.value();
  return answer;
}

Answer RunningServer::post_form(const std::string& target,
                                const std::vector<FormPart>& parts) const {
  return ask("POST", target, form_body(parts), {{"Content-Type", kFormType}});
}

std::string RunningServer::raw(const std::string& bytes, double seconds) const {
  asio::io_context context;
  beast::tcp_stream stream(connected(context, port_));
  std::string received;
  stream.expires_after(std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds)));
  asio::async_write(stream, asio::buffer(bytes), [](const auto&, std::size_t) {});
  asio::async_read(stream, asio::dynamic_buffer(received), [](const auto&, std::size_t) {});
  context.run();
  return received;
}

std::string form_body(const std::vector<FormPart>& parts) {
  std::string body;
  for (const FormPart& part : parts) {
    body += "--frontier\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
    if (!part.filename.empty()) body += "; filename=\"" + part.filename + "\"";
    body += "\r\n\r\n" + part.content + "\r\n";
  }
  return body + "--frontier--\r\n";
}

std::string demo_picture(std::size_t index) { return read_text(demo_pictures(index + 1)[index]); }

}  // namespace qprompt::testing

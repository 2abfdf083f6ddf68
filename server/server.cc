#include "server/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/inference/embed.h"
#include "server/connection.h"

namespace qprompt::server {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// Most of their work is short: reading forms, scores, JSON. A new class list makes one wait.
constexpr int kWorkers = 16;
constexpr auto kTick = std::chrono::milliseconds(100);

class Server {
 public:
  Server(const Model& model, const ServerOptions& options)
      : service_(model, options), acceptor_(context_) {
    listen();
    warm_up();
  }

  void run() {
    asio::co_spawn(context_, accept(), asio::detached);
    asio::co_spawn(context_, watch(), asio::detached);
    const auto& told = service_.options.on_listening;
    if (told) told(acceptor_.local_endpoint().port());
    context_.run();
    service_.lessons.stop_all();
    workers_.join();
  }

 private:
  void listen() {
    const ServerOptions& options = service_.options;
    const std::string where = options.address + ":" + std::to_string(options.port);
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    require(!error, "address '", options.address, "', expected one such as 127.0.0.1 or ::1");
    const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port));
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint, error);
    require(!error, "cannot listen at ", where, ": ", error.message());
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    require(!error, "cannot listen at ", where, ": ", error.message());
  }

  // The first request is not to pay for what all of them need: packed weights.
  void warm_up() {
    constexpr std::uint8_t kGray[3] = {128, 128, 128};
    const ImageSource picture = ImageSource::pixels({kGray, 1, 1});
    embed_images(service_.model, {&picture, 1});
    embed_texts(service_.model, {"a"});
  }

  asio::awaitable<void> accept() {
    while (!service_.stopping) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      // Without a file descriptor left, others have to go first.
      if (error && !service_.stopping) co_await pause();
      if (error || connections_ >= service_.options.patience.connections) continue;
      socket.set_option(tcp::no_delay(true), error);
      asio::co_spawn(context_, one(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> one(tcp::socket socket) {
    ++connections_;
    co_await converse(std::move(socket), service_, workers_);
    --connections_;
  }

  static asio::awaitable<void> pause() {
    asio::steady_timer timer(co_await asio::this_coro::executor, kTick);
    co_await timer.async_wait(asio::use_awaitable);
  }

  // Until it is told to stop; then what was accepted is finished, as long as patience allows.
  asio::awaitable<void> watch() {
    const auto& stop = service_.options.stop;
    while (!stop || !stop()) co_await pause();
    service_.stopping = true;
    service_.lessons.stop_all();
    acceptor_.close();
    const Stopwatch draining;
    while (service_.at_work > 0 && draining.seconds() < service_.options.patience.drain_seconds) {
      co_await pause();
    }
    context_.stop();
  }

  Service service_;
  asio::thread_pool workers_{kWorkers};
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  int connections_ = 0;
};

}  // namespace

void serve(const Model& model, const ServerOptions& options) {
  at_border([&] { Server(model, options).run(); });
}

}  // namespace qprompt::server

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "server/service.h"

namespace qprompt::server {

// Requests of one connection, one after another, until it ends: by the client, by a time-out, or
// because the server stops. The socket lives on the caller's thread; answers are made by `workers`.
asio::awaitable<void> converse(asio::ip::tcp::socket socket, Service& service,
                               asio::thread_pool& workers);

}  // namespace qprompt::server

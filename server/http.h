#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Requests and answers as the rest of the server sees them.
namespace qprompt::server {

namespace asio = boost::asio;

using Header = std::pair<std::string, std::string>;

struct RequestHead {
  std::string method;
  std::vector<std::string> segments;                       // of the path, decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  std::string path;                                        // for the log
  std::string host, origin, authorization, content_type;
};

struct Request : RequestHead {
  std::vector<std::string> captures{};  // segments that the route leaves open
  std::string body{};
};

// The next events of a stream, in the form of server-sent events; empty at its end.
using EventSource = std::function<asio::awaitable<std::string>()>;

struct Response {
  int status = 200;
  std::string content_type{};
  std::string body{};
  std::vector<Header> headers{};
  EventSource events{};  // instead of a body
};

// An answer that is no result: a problem document (RFC 9457).
class Problem : public std::runtime_error {
 public:
  Problem(int status, const std::string& detail, std::vector<Header> headers = {})
      : std::runtime_error(detail), status_(status), headers_(std::move(headers)) {}

  int status() const { return status_; }
  Response response() const;

 private:
  int status_;
  std::vector<Header> headers_;
};

// Throws Problem 422, "3 images, the limit is 2".
void require_at_most(std::size_t count, int limit, const std::string& what);

// What the exception being handled is as an answer. An Error is about what was asked (422).
Problem current_problem();

}  // namespace qprompt::server

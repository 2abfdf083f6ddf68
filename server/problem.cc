#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "qprompt/core/error.h"
#include "server/http.h"

namespace qprompt::server {
namespace {

std::string title(int status) {
  const auto code = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  return std::string(boost::beast::http::obsolete_reason(code));
}

}  // namespace

Response Problem::response() const {
  const nlohmann::ordered_json json = {
      {"type", "about:blank"}, {"title", title(status_)}, {"status", status_}, {"detail", what()}};
  using Json = nlohmann::ordered_json;
  return {.status = status_,
          .content_type = "application/problem+json",
          .body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
          .headers = headers_};
}

void require_at_most(std::size_t count, int limit, const std::string& what) {
  if (std::cmp_less_equal(count, limit)) return;
  throw Problem(422,
                std::to_string(count) + " " + what + ", the limit is " + std::to_string(limit));
}

Problem current_problem() {
  try {
    throw;
  } catch (const Problem& problem) {
    return problem;
  } catch (const Interrupted&) {
    return {503, "the server is stopping"};
  } catch (const OutOfMemory&) {
    return {503, "out of memory"};
  } catch (const std::bad_alloc&) {
    return {503, "out of memory"};
  } catch (const Error& error) {
    return {422, error.what()};
  } catch (const std::exception& error) {
    return {500, error.what()};
  }
}

}  // namespace qprompt::server

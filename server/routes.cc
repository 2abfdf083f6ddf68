#include <algorithm>
#include <array>
#include <sstream>

#include "qprompt/core/printable.h"
#include "server/handlers.h"

namespace qprompt::server {
namespace {

std::vector<std::string> segments_of(const std::string& pattern) {
  std::vector<std::string> segments;
  std::istringstream in(pattern);
  for (std::string segment; std::getline(in, segment, '/');) {
    if (!segment.empty()) segments.push_back(segment);
  }
  return segments;
}

Route route(const char* method, const char* pattern, Handler handler, bool changes = false) {
  return {method, pattern, handler, changes, segments_of(pattern)};
}

const std::array kRoutes{
    route("POST", "/v1/classify", classify_images),
    route("POST", "/v1/embed/image", embed_image),
    route("POST", "/v1/embed/text", embed_text),
    route("GET", "/v1/prompts", list_prompts),
    route("GET", "/v1/prompts/{name}", get_prompt),
    route("PUT", "/v1/prompts/{name}", put_prompt, true),
    route("DELETE", "/v1/prompts/{name}", delete_prompt, true),
    route("GET", "/v1/prompts/{name}/classes", get_classes),
    route("POST", "/v1/prompts/{name}/classes", add_classes, true),
    route("PUT", "/v1/prompts/{name}/classes", put_classes, true),
    route("POST", "/v1/learn", start_lesson, true),
    route("GET", "/v1/learn/{id}/events", follow_lesson),
    route("DELETE", "/v1/learn/{id}", stop_lesson, true),
    route("GET", "/v1/model", describe_model),
    route("GET", "/healthz", health),
    route("GET", "/readyz", readiness),
    route("GET", "/metrics", metrics),
    route("GET", "/openapi.json", openapi),
    route("GET", "/", page),
    route("GET", "/page.js", page_script),
    route("GET", "/page.css", page_style),
};

bool matches(const Route& route, const std::vector<std::string>& path,
             std::vector<std::string>& captures) {
  const std::vector<std::string>& pattern = route.segments;
  if (pattern.size() != path.size()) return false;
  captures.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (pattern[i].starts_with('{')) {
      captures.push_back(path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

// A page is read by HEAD as by GET.
bool has_method(const Route& route, const std::string& method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

std::string without_port(const std::string& host) {
  const auto colon = host.rfind(':');
  const bool has_port = colon != host.npos && host.find(']', colon) == host.npos;
  return has_port ? host.substr(0, colon) : host;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

// A page of another site may send requests here, from a browser that can reach this machine; and a
// name of such a site may be made to stand for this machine's address.
bool is_of_this_site(const ServerOptions& options, const RequestHead& head) {
  const std::string host = without_port(head.host);
  const bool is_known = !is_loopback(options.address) || is_loopback(host) ||
                        std::ranges::count(options.hosts, host) > 0;
  if (!is_known) return false;
  if (head.origin.empty()) return true;
  const auto scheme = head.origin.find("://");
  return scheme != head.origin.npos && head.origin.substr(scheme + 3) == head.host;
}

// Takes as long for every token of the same length.
bool same_token(const std::string& given, const std::string& token) {
  unsigned char difference = given.size() != token.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ token[i % token.size()]);
  }
  return difference == 0;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

const Route& route_of(const RequestHead& head, std::vector<std::string>& captures) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!matches(route, head.segments, captures)) continue;
    if (has_method(route, head.method)) return route;
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) throw Problem(404, "nothing at " + printable(head.path));
  throw Problem(405, printable(head.path) + " takes " + allowed, {{"Allow", allowed}});
}

void require_admitted(const ServerOptions& options, const RequestHead& head, const Route& route) {
  if (!is_of_this_site(options, head)) {
    throw Problem(403, "asked as " + printable(head.host) +
                           (head.origin.empty() ? "" : " by a page of " + printable(head.origin)) +
                           ", which is not this server's own name (--allow-host)");
  }
  if (!route.changes || options.token.empty()) return;
  constexpr std::string_view kScheme = "Bearer ";
  const bool has_token = head.authorization.starts_with(kScheme);
  if (has_token && same_token(head.authorization.substr(kScheme.size()), options.token)) return;
  throw Problem(401, "this needs the header Authorization: Bearer TOKEN",
                {{"WWW-Authenticate", "Bearer"}});
}

}  // namespace qprompt::server

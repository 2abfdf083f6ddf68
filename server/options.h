#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace qprompt::server {

// What a client may ask for at most. What is beyond it is refused with 413 or 422.
struct Limits {
  int body_mib = 64;
  int bodies_mib = 1024;
  int images = 64;
  int megapixels = 50;
  int classes = 1000;
  int name = 200;
  int prompts = 1000;

  std::int64_t body_bytes() const { return std::int64_t{body_mib} << 20; }
  std::int64_t all_bodies_bytes() const { return std::int64_t{bodies_mib} << 20; }
  std::int64_t pixels() const { return std::int64_t{megapixels} * 1'000'000; }

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("max_body_mib", body_mib, "MiB of a request's body");
    visit("max_bodies_mib", bodies_mib, "MiB of the bodies of all requests at once; else 503");
    visit("max_images", images, "images of a request; of one to learn, of each class");
    visit("max_megapixels", megapixels, "million pixels of an image");
    visit("max_classes", classes, "class names of a request");
    visit("max_name", name, "bytes of a class name");
    visit("max_prompts", prompts, "prompts in the folder");
  }
};

// How images that wait are put together, across connections.
struct Batching {
  int max_batch = 8;
  int max_wait_ms = 2;
  int max_queue = 256;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("max_batch", max_batch, "images that the tower sees at once");
    visit("max_wait_ms", max_wait_ms, "that an image waits for others at most");
    visit("max_queue", max_queue, "images that may wait; more are refused with 429");
  }
};

struct Patience {
  int request_seconds = 30;
  int idle_seconds = 60;
  int drain_seconds = 30;
  int connections = 1024;

  template <typename Visitor>
  void visit_fields(Visitor&& visit) {
    visit("request_timeout", request_seconds, "seconds in which a request has to arrive");
    visit("idle_timeout", idle_seconds, "seconds that a connection may be quiet");
    visit("drain_timeout", drain_seconds, "seconds that accepted work has after SIGTERM");
    visit("max_connections", connections, "connections at once");
  }
};

struct ServerOptions {
  std::string model_name{};  // as a person calls it
  std::string address = "127.0.0.1";
  int port = 8080;                       // 0: any that is free
  std::vector<std::string> hosts{};      // other names by which it may be called, without a port
  std::string token{};                   // that changing requests have to show; empty: none
  std::filesystem::path prompts{};       // folder
  std::size_t remembered_images = 4096;  // whose features stay in memory
  Limits limits{};
  Batching batching{};
  Patience patience{};

  std::function<bool()> stop{};                      // asked ten times a second
  std::function<void(int port)> on_listening{};      // requests are answered from now on
  std::function<void(const std::string&)> notice{};  // what is not as one would expect
  std::function<void(const std::string&)> access{};  // one JSON object for each answer
};

}  // namespace qprompt::server

#pragma once

#include <memory>
#include <string>

namespace qprompt::server {

// What the server counts, in Prometheus' words. Safe from several threads.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void answered(const std::string& method, const std::string& route, int status, double seconds);
  void encoded(int images);     // in one batch
  void remembered(int images);  // that did not need to be encoded
  void queued(int images);      // that wait now
  void connected(int change);

  std::string text() const;  // the exposition format

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qprompt::server

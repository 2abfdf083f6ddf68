#pragma once

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "server/server.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_models.h"

namespace qprompt::testing {

struct Answer {
  int status = 0;
  std::string content_type{};
  std::map<std::string, std::string> headers{};
  std::string body{};

  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string detail() const { return json().at("detail"); }  // of a problem
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// A part of a form; a file where it has a name.
struct FormPart {
  std::string name, content, filename{};
};

// A server of its own in this process, on a free port, with a folder for its prompts.
class RunningServer {
 public:
  explicit RunningServer(const Model& model, server::ServerOptions options = {});
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void stop();  // returns when it has ended
  void ask_to_stop() { stop_ = true; }
  int port() const { return port_; }
  const std::filesystem::path& prompts() const { return folder_.path(); }
  std::vector<std::string> access_log() const;

  Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
             const Headers& headers = {}) const;
  Answer get(const std::string& target) const { return ask("GET", target); }
  Answer post_json(const std::string& target, const nlohmann::json& json) const {
    return ask("POST", target, json.dump(), {{"Content-Type", "application/json"}});
  }
  Answer post_form(const std::string& target, const std::vector<FormPart>& parts) const;

  // What comes back for these very bytes until the server closes or `seconds` are over.
  std::string raw(const std::string& bytes, double seconds = 5) const;

 private:
  TemporaryFolder folder_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> access_;
  std::string failure_;
  std::thread thread_;
};

std::string form_body(const std::vector<FormPart>& parts);
inline constexpr char kFormType[] = "multipart/form-data; boundary=frontier";

// The bytes of a picture of the demo.
std::string demo_picture(std::size_t index);

}  // namespace qprompt::testing

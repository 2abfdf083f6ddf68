#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "qprompt/data/dataset.h"
#include "qprompt/train/settings.h"
#include "server/http.h"
#include "server/prompt_shelf.h"

namespace qprompt::server {

// What happens during a lesson, as server-sent events, from its beginning.
class EventLog {
 public:
  void add(const std::string& event, const std::string& json);
  void end();

  // All events behind the first `seen`, as text, and how many there are then. Empty text: none yet,
  // or none any more.
  std::string since(std::size_t& seen) const;
  bool ended() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
  bool ended_ = false;
};

// What is to be learned, and under which name the prompt is kept.
struct Lesson {
  std::string name{};
  Dataset images{};
  Settings settings{};  // that differ from those that are recommended
};

// Lessons, one at a time: learning leaves the machine to requests between two steps.
class Lessons {
 public:
  Lessons(const Model& model, PromptShelf& shelf, const ServerOptions& options);
  ~Lessons();  // stops the one that is going on
  Lessons(const Lessons&) = delete;
  Lessons& operator=(const Lessons&) = delete;

  // Its number. Throws Problem 429 while another one is going on, and for what cannot be learned.
  std::string start(Lesson lesson);
  std::shared_ptr<const EventLog> events(const std::string& id) const;  // Problem 404
  void stop(const std::string& id);
  void stop_all();

 private:
  struct Current {
    std::shared_ptr<EventLog> events = std::make_shared<EventLog>();
    std::atomic<bool> stop = false;
  };

  void learn(const Lesson& lesson, const LearnConfig& config, Current& current) const;
  void forget_old();
  const std::shared_ptr<Current>& at(const std::string& id) const;

  const Model model_;
  PromptShelf& shelf_;
  const std::int64_t most_pixels_;
  mutable std::mutex mutex_;
  std::map<int, std::shared_ptr<Current>> lessons_;  // the latest of them
  int count_ = 0;
  std::jthread thread_;  // the last member: it uses all others
};

}  // namespace qprompt::server

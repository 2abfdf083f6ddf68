#include "server/lessons.h"

#include <nlohmann/json.hpp>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/core/printable.h"
#include "qprompt/core/stopwatch.h"
#include "qprompt/train/learn.h"
#include "server/description.h"

namespace qprompt::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostEpochs = 100'000;     // whose events are kept
constexpr std::size_t kRemembered = 16;  // lessons whose events can still be read

// Progress often enough to watch and seldom enough to be nothing beside the work.
class ProgressEvents {
 public:
  explicit ProgressEvents(EventLog& events) : events_(events) {}

  void operator()(const std::string& stage, std::int64_t done, std::int64_t total) {
    const bool is_last = done == total;
    if (!is_last && told_ && watch_.seconds() < 0.1) return;
    told_ = true;
    watch_ = Stopwatch();
    events_.add("progress", Json{{"stage", stage}, {"done", done}, {"total", total}}.dump());
  }

 private:
  EventLog& events_;
  Stopwatch watch_;
  bool told_ = false;
};

std::string text_of(const EpochReport& epoch) {
  Json json = fields_as_json(epoch);
  if (epoch.validation < 0) json["validation"] = nullptr;
  return json.dump();
}

Problem stopped() { return {409, "the lesson was stopped"}; }

// Recommended settings, but all images: whoever teaches chose them.
LearnConfig config_of(const Settings& settings) {
  std::set<std::string> unknown;
  LearnConfig config = configured(recommended(merged({{"shots", "0"}}, settings)), unknown);
  if (!unknown.empty()) {
    throw Problem(422,
                  "settings: '" + printable(*unknown.begin()) + "' is no setting of this method");
  }
  require_valid(config);
  if (config.training.epochs > kMostEpochs) {
    throw Problem(422, "settings: epochs " + std::to_string(config.training.epochs) +
                           ", the limit is " + std::to_string(kMostEpochs));
  }
  return config;
}

}  // namespace

void EventLog::add(const std::string& event, const std::string& json) {
  const std::scoped_lock lock(mutex_);
  events_.push_back("event: " + event + "\ndata: " + json + "\n\n");
}

void EventLog::end() {
  const std::scoped_lock lock(mutex_);
  ended_ = true;
}

std::string EventLog::since(std::size_t& seen) const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  while (seen < events_.size()) text += events_[seen++];
  return text;
}

bool EventLog::ended() const {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

Lessons::Lessons(const Model& model, PromptShelf& shelf, const ServerOptions& options)
    : model_(model), shelf_(shelf), most_pixels_(options.limits.pixels()) {}

Lessons::~Lessons() { stop_all(); }

std::string Lessons::start(Lesson lesson) {
  LearnConfig config = config_of(lesson.settings);
  const std::scoped_lock lock(mutex_);
  if (!lessons_.empty() && !lessons_.rbegin()->second->events->ended()) {
    throw Problem(429, "another lesson is going on", {{"Retry-After", "5"}});
  }
  if (thread_.joinable()) thread_.join();
  const auto current = std::make_shared<Current>();
  lessons_[++count_] = current;
  forget_old();
  thread_ = std::jthread([this, lesson = std::move(lesson), config, current] {
    try {
      learn(lesson, config, *current);
    } catch (const Interrupted&) {
      current->events->add("failed", one_line(stopped().response().body));
    } catch (...) {
      current->events->add("failed", one_line(current_problem().response().body));
    }
    current->events->end();
  });
  return std::to_string(count_);
}

void Lessons::learn(const Lesson& lesson, const LearnConfig& recommended_config,
                    Current& current) const {
  LearnConfig config = recommended_config;
  std::vector<std::string> notices;
  if (keep_last_without_validation(lesson.images, config)) {
    notices.emplace_back("too few pictures to hold some out, so the last epoch is kept");
  }
  ProgressEvents progress(*current.events);
  FeatureOptions features;
  features.max_pixels = most_pixels_;
  features.stop = [&] { return current.stop.load(); };
  features.progress = [&](const FeatureProgress& now) { progress("images", now.done, now.total); };
  Observer observer;
  observer.stop = features.stop;
  observer.on_step = [&](std::int64_t done, std::int64_t steps) {
    progress("training", done, steps);
  };
  observer.on_epoch = [&](const EpochReport& epoch) {
    current.events->add("epoch", text_of(epoch));
  };
  const Learned learned = qprompt::learn(model_, lesson.images, config, features, observer);
  if (learned.interrupted) throw stopped();
  if (learned.chosen_epoch == 0 && learned.zero_shot_validation >= 0) {
    notices.emplace_back("no epoch was better on held-out pictures than without learning");
  }
  shelf_.put(lesson.name, learned.prompt, learned.class_names);
  const Json done = {{"prompt", description(*shelf_.at(lesson.name))}, {"notices", notices}};
  current.events->add("done", text_of(done));
}

void Lessons::forget_old() {
  while (lessons_.size() > kRemembered) lessons_.erase(lessons_.begin());
}

const std::shared_ptr<Lessons::Current>& Lessons::at(const std::string& id) const {
  for (const auto& [number, lesson] : lessons_) {
    if (std::to_string(number) == id) return lesson;
  }
  throw Problem(404, "no lesson '" + printable(id) + "'");
}

std::shared_ptr<const EventLog> Lessons::events(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  return at(id)->events;
}

void Lessons::stop(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  at(id)->stop = true;
}

void Lessons::stop_all() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, lesson] : lessons_) lesson->stop = true;
}

}  // namespace qprompt::server

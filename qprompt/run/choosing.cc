#include "qprompt/run/choosing.h"

#include "qprompt/core/border.h"
#include "qprompt/core/error.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/run/record.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

TrialResult trial_of(const RunTried& event) {
  TrialResult trial{event.candidate, static_cast<std::size_t>(event.fold), {}, event.failure};
  const std::size_t epochs = event.learned.size();
  require(event.fold >= 0 && event.novel.size() == epochs && event.changed.size() == epochs,
          "a trial of fold ", event.fold, " with ", epochs, ", ", event.novel.size(), " and ",
          event.changed.size(), " numbers");
  trial.judgements.reserve(epochs);
  for (std::size_t e = 0; e < epochs; ++e) {
    trial.judgements.push_back({event.learned[e], event.novel[e], event.changed[e]});
  }
  return trial;
}

Json as_json(const MeanAndError& value) { return {{"mean", value.mean}, {"error", value.error}}; }

Json as_json(const Expectation& expectation) {
  return {{"learned", as_json(expectation.learned)},
          {"novel", as_json(expectation.novel)},
          {"score", as_json(expectation.score)}};
}

Json as_json(const std::vector<Judgement>& epochs) {
  Json json{{"learned", Json::array()}, {"novel", Json::array()}, {"changed", Json::array()}};
  for (const Judgement& judgement : epochs) {
    json["learned"].push_back(judgement.learned);
    json["novel"].push_back(judgement.novel);
    json["changed"].push_back(judgement.changed);
  }
  return json;
}

Json as_json(const TuneCandidate& candidate, const TrialTable& table) {
  Json json = as_json(candidate);
  json["folds"] = Json::array();
  for (const std::vector<Judgement>& fold : table.folds) json["folds"].push_back(as_json(fold));
  return json;
}

Json as_json(const Fold& fold, const std::vector<std::string>& class_names) {
  Json json{{"learned", Json::array()},
            {"novel", Json::array()},
            {"shots", fold.shots.size()},
            {"held_out", fold.held_out.size()},
            {"unseen", fold.unseen.size()}};
  for (const int label : fold.learned) json["learned"].push_back(class_names[label]);
  for (const int label : fold.novel) json["novel"].push_back(class_names[label]);
  return json;
}

}  // namespace

TriedBefore tried_before(const fs::path& events, const std::string& choice) {
  TriedBefore before;
  if (!fs::exists(events)) return before;
  for (const RunEvent& event : read_events(events)) {
    const auto* tried = std::get_if<RunTried>(&event.content);
    if (tried == nullptr) continue;
    require(tried->choice == choice, events.string(),
            ": settings were being chosen by another rule, among others or on other images; resume "
            "with the same command line");
    before.trials.push_back(naming(events.string(), [&] { return trial_of(*tried); }));
    before.seconds = tried->seconds;
  }
  return before;
}

bool was_choosing(const fs::path& events) {
  if (!fs::exists(events)) return false;
  bool choosing = false;
  for (const RunEvent& event : read_events(events)) {
    if (std::holds_alternative<RunTried>(event.content)) choosing = true;
    if (std::holds_alternative<RunEnded>(event.content)) choosing = false;
  }
  return choosing;
}

RunTried as_event(const TrialResult& trial, const std::string& choice, double seconds) {
  RunTried event{.choice = choice,
                 .candidate = trial.candidate,
                 .fold = static_cast<std::int64_t>(trial.fold),
                 .failure = trial.failure,
                 .seconds = seconds};
  for (const Judgement& judgement : trial.judgements) {
    event.learned.push_back(judgement.learned);
    event.novel.push_back(judgement.novel);
    event.changed.push_back(judgement.changed);
  }
  return event;
}

Json as_json(const TuneResult& result, const TuneSpec& spec) {
  Json json = fields_as_json(spec.config);
  const TuneCandidate& chosen = result.chosen();
  json["chosen"] = {{"name", chosen.name}, {"epoch", nullptr}};
  if (const auto epoch = result.epoch()) json["chosen"]["epoch"] = *epoch;
  json["expected"] = as_json(result.expected);
  json["zero_shot"] = as_json(result.zero_shot);
  json["within_budget"] = result.within_budget;
  json["seconds"] = {{"all", result.seconds}, {"features", result.feature_seconds}};
  json["folds_of_classes"] = Json::array();
  for (const Fold& fold : result.folds) {
    json["folds_of_classes"].push_back(as_json(fold, result.class_names));
  }
  json["candidates"] = Json::array();
  for (std::size_t c = 0; c < result.candidates.size(); ++c) {
    json["candidates"].push_back(as_json(result.candidates[c], result.tables[c]));
    if (!result.failures[c].empty()) json["candidates"].back()["failure"] = result.failures[c];
  }
  return json;
}

}  // namespace qprompt

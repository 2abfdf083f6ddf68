#include "qprompt/run/event_log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "qprompt/core/border.h"
#include "qprompt/core/file.h"
#include "qprompt/core/json.h"
#include "qprompt/core/json_fields.h"
#include "qprompt/run/record.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json as_json(const RunEvent& event) {
  Json json{{"time", utc_text(event.time)}, {"event", event.name()}};
  json.update(
      std::visit([](const auto& content) { return fields_as_json(content); }, event.content));
  return json;
}

template <HasFields Content>
Content content_from(const nlohmann::json& json) {
  auto content = fields_from_json<Content>(json);
  std::set<std::string> known{"time", "event"};
  content.visit_fields([&](const std::string& field, auto&, auto&) { known.insert(field); });
  for (const auto& [field, value] : json.items()) {
    require(known.contains(field), "unknown field '", field, "'");
  }
  return content;
}

template <std::size_t... kIndices>
RunEvent::Content content_named(const std::string& name, const nlohmann::json& json,
                                std::index_sequence<kIndices...>) {
  RunEvent::Content content;
  const bool found =
      ((name == RunEvent::kNames[kIndices] &&
        (content = content_from<std::variant_alternative_t<kIndices, RunEvent::Content>>(json),
         true)) ||
       ...);
  require(found, "unknown event '", name, "'");
  return content;
}

RunEvent event_of(std::string_view line, const std::string& place) {
  return naming(place, [&]() -> RunEvent {
    const nlohmann::json json = parse_json(line, place);
    require(json.is_object(), "JSON of the type ", json.type_name(), ", expected an object");
    const auto kinds = std::make_index_sequence<std::variant_size_v<RunEvent::Content>>();
    return {utc_time(json.at("time").get<std::string>()),
            content_named(json.at("event").get<std::string>(), json, kinds)};
  });
}

// A line that a killed writer left would stand before the next one.
void cut_torn_line(const fs::path& path, const Descriptor& file) {
  const std::string text = read_text(path);
  const std::size_t whole = text.rfind('\n') + 1;  // npos + 1 is 0
  if (whole == text.size()) return;
  const bool cut = ::ftruncate(file.get(), static_cast<off_t>(whole)) == 0;
  require(cut, path.string(), ": cannot write: ", reason());
}

fs::path with_its_folder(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  require(!error, path.string(), ": cannot create its folder: ", error.message());
  return path;
}

}  // namespace

std::int64_t this_process() { return ::getpid(); }

std::string this_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

EventLog::EventLog(const fs::path& path, Begin begin)
    : path_(with_its_folder(path)),
      file_(path, O_WRONLY | O_CREAT | O_APPEND | (begin == Begin::kAnew ? O_TRUNC : 0)) {
  require(file_.is_open(), path.string(), ": cannot write: ", reason());
  cut_torn_line(path, file_);
}

void EventLog::write(const RunEvent::Content& content) {
  const std::string line = json_line(as_json({utc_now(), content})) + "\n";
  const off_t before = ::lseek(file_.get(), 0, SEEK_END);
  if (write_all(file_.get(), std::as_bytes(std::span(line)))) return;
  const std::string why = reason();
  static_cast<void>(!::ftruncate(file_.get(), before));
  if (before == 0) ::unlink(path_.c_str());  // of a run that nothing is told of
  fail(path_.string(), ": cannot write: ", why);
}

void EventLog::try_write(const RunEvent::Content& content) noexcept {
  try {
    write(content);
  } catch (const std::exception&) {  // what went wrong before is what is told
    return;
  }
}

Observer EventLog::watching(Observer observer) {
  observer.on_epoch = [this, told = std::move(observer.on_epoch)](const EpochReport& report) {
    write(report);
    if (told) told(report);
  };
  observer.on_divergence =
      [this, told = std::move(observer.on_divergence)](const Divergence& divergence) {
        if (divergence.clustered)
          write(RunClustered{divergence.step, divergence.matrix, divergence.kl});
        if (told) told(divergence);
      };
  return observer;
}

std::vector<RunEvent> read_events(const fs::path& path) {
  return at_border([&] {
    const std::string text = read_text(path);
    std::vector<RunEvent> events;
    std::string_view rest = text;
    for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      const std::string place = path.string() + ":" + std::to_string(events.size() + 1);
      events.push_back(event_of(rest.substr(0, end), place));
      rest.remove_prefix(end + 1);
    }
    return events;
  });
}

}  // namespace qprompt

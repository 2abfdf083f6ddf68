#include "server/form.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <sstream>

#include "qprompt/core/nearest.h"
#include "qprompt/core/printable.h"

namespace qprompt::server {
namespace {

constexpr std::size_t kMostFields = 16;

template <typename T>
T number_in(const std::string& name, const std::string& text, T low, T high) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= low && value <= high)) {
    std::ostringstream detail;
    detail << name << " '" << printable(text) << "', expected a number from " << low << " to "
           << high;
    throw Problem(422, detail.str());
  }
  return value;
}

}  // namespace

Form::Form(std::shared_ptr<const Request> request, const std::string& bare, std::size_t most_files)
    : request_(std::move(request)) {
  for (const auto& [name, text] : request_->query) {
    if (!texts_.emplace(name, text).second) throw Problem(400, name + " stands there twice");
  }
  if (is_multipart(request_->content_type)) {
    for (Part& part : parts_of(request_->content_type, request_->body, most_files + kMostFields)) {
      add_part(std::move(part));
    }
  } else if (!request_->body.empty()) {
    files_.push_back({.name = bare, .filename = bare, .is_file = true, .content = request_->body});
  }
}

void Form::add_part(Part part) {
  if (part.is_file) {
    // A browser's form sends one where no file was chosen.
    if (!part.filename.empty() || !part.content.empty()) files_.push_back(std::move(part));
  } else if (!texts_.emplace(part.name, part.content).second) {
    throw Problem(400, printable(part.name) + " stands there twice");
  }
}

std::optional<std::string> Form::text(const std::string& name) {
  asked_.push_back(name);
  const auto found = texts_.find(name);
  if (found == texts_.end()) return std::nullopt;
  read_[name] = true;
  if (found->second.empty()) return std::nullopt;
  return found->second;
}

int Form::integer(const std::string& name, int fallback, int low, int high) {
  const auto given = text(name);
  return given ? number_in(name, *given, low, high) : fallback;
}

double Form::number(const std::string& name, double fallback, double low, double high) {
  const auto given = text(name);
  return given ? number_in(name, *given, low, high) : fallback;
}

bool Form::flag(const std::string& name) {
  const std::string given = text(name).value_or("false");
  if (given == "true" || given == "false") return given == "true";
  throw Problem(422, name + " '" + printable(given) + "', expected true or false");
}

std::optional<std::vector<std::string>> Form::lines(const std::string& name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  std::vector<std::string> lines;
  std::istringstream in(*given);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") != line.npos) lines.push_back(line);
  }
  return lines;
}

std::vector<Part> Form::files(const std::string& name) {
  asked_.push_back(name);
  read_[name] = true;
  std::vector<Part> found;
  std::ranges::copy_if(files_, std::back_inserter(found),
                       [&](const Part& part) { return part.name == name; });
  return found;
}

std::vector<std::pair<std::string, Part>> Form::files_below(const std::string& prefix) {
  asked_.push_back(prefix);
  std::vector<std::pair<std::string, Part>> found;
  for (const Part& part : files_) {
    if (!part.name.starts_with(prefix)) continue;
    read_[part.name] = true;
    found.emplace_back(part.name.substr(prefix.size()), part);
  }
  return found;
}

void Form::require_all_read() const {
  const auto refuse = [&](const char* what, const std::string& name) {
    const std::string best = nearest(name, asked_);
    throw Problem(400, std::string("unknown ") + what + " '" + printable(name) + "'" +
                           (best.empty() ? "" : ", did you mean " + best + "?"));
  };
  for (const auto& [name, text] : texts_) {
    if (!read_.contains(name)) refuse("parameter", name);
  }
  for (const Part& part : files_) {
    if (!read_.contains(part.name)) refuse("file", part.name);
  }
}

ImageSource Form::image(const Part& file) const {
  const auto bytes = std::as_bytes(std::span(file.content));
  return ImageSource::encoded(bytes, printable(file.filename), request_);
}

}  // namespace qprompt::server

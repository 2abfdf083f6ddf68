#include "qprompt/report/json_view.h"

#include <nlohmann/json.hpp>

#include "qprompt/core/error.h"

namespace qprompt::report {
namespace {

constexpr std::size_t kLongestShown = 60;

}  // namespace

void JsonView::fail_for(const std::string& expected) const {
  using nlohmann::json;
  const std::string came = json_->dump(-1, ' ', false, json::error_handler_t::replace);
  fail(place_, ": ", printable(came, kLongestShown), ", expected ", expected);
}

std::optional<JsonView> JsonView::find(const std::string& key) const {
  if (!json_->is_object()) fail_for("an object");
  const auto found = json_->find(key);
  if (found == json_->end() || found->is_null()) return std::nullopt;
  return JsonView(*found, place_ + (place_.ends_with(": ") ? "" : ".") + key);
}

JsonView JsonView::at(const std::string& key) const {
  std::optional<JsonView> found = find(key);
  if (!found) fail(place_, place_.ends_with(": ") ? "" : ": ", "no '", key, "'");
  return *std::move(found);
}

std::vector<JsonView> JsonView::items() const {
  if (!json_->is_array()) fail_for("an array");
  std::vector<JsonView> items;
  items.reserve(json_->size());
  for (const auto& item : *json_) {
    items.emplace_back(item, place_ + "[" + std::to_string(items.size()) + "]");
  }
  return items;
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  if (!json_->is_object()) fail_for("an object");
  std::vector<std::pair<std::string, JsonView>> members;
  members.reserve(json_->size());
  for (const auto& [key, value] : json_->items()) {
    members.emplace_back(key, JsonView(value, place_ + "." + key));
  }
  return members;
}

bool JsonView::flag() const {
  if (!json_->is_boolean()) fail_for("true or false");
  return json_->get<bool>();
}

std::string JsonView::text() const {
  if (!json_->is_string()) fail_for("a text");
  return json_->get<std::string>();
}

std::vector<std::string> JsonView::texts() const {
  std::vector<std::string> texts;
  const std::vector<JsonView> all = items();
  texts.reserve(all.size());
  for (const JsonView& item : all) texts.push_back(item.text());
  return texts;
}

double JsonView::number(double low, double high) const {
  const double value = json_->is_number() ? json_->get<double>() : low - 1;
  if (!json_->is_number() || !(value >= low && value <= high)) {
    std::ostringstream expected;
    expected << "a number from " << low << " to " << high;
    fail_for(expected.str());
  }
  return value;
}

std::int64_t JsonView::integer(std::int64_t low, std::int64_t high) const {
  const bool is_integer = json_->is_number_integer();
  const bool fits =
      is_integer && (!json_->is_number_unsigned() ||
                     json_->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  const std::int64_t value = fits ? json_->get<std::int64_t>() : 0;
  if (!fits || value < low || value > high) {
    fail_for("an integer from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

std::vector<std::int64_t> JsonView::integers(std::int64_t low, std::int64_t high) const {
  std::vector<std::int64_t> integers;
  const std::vector<JsonView> all = items();
  integers.reserve(all.size());
  for (const JsonView& item : all) integers.push_back(item.integer(low, high));
  return integers;
}

std::vector<std::pair<std::string, std::string>> JsonView::leaves() const {
  std::vector<std::pair<std::string, std::string>> leaves;
  for (const auto& [key, value] : members()) {
    if (value.json_->is_object()) {
      for (const auto& [inner, text] : value.leaves()) leaves.emplace_back(key + "." + inner, text);
    } else {
      leaves.emplace_back(key, value.json_->is_string() ? value.text() : value.json_->dump());
    }
  }
  return leaves;
}

}  // namespace qprompt::report

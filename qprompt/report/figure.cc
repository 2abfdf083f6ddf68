#include "qprompt/report/figure.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace qprompt::report {
namespace {

using Json = nlohmann::ordered_json;

// No more digits than a reader could see or compute with.
Json rounded(const Column& column, const std::optional<double>& number) {
  if (!number || !std::isfinite(*number)) return nullptr;
  if (column.decimals == 0 && std::floor(*number) == *number && std::abs(*number) < 1e15) {
    return static_cast<std::int64_t>(*number);
  }
  const double scale = std::pow(10, column.decimals + 2);
  return std::round(*number * scale) / scale;
}

Json numbers_json(const Table& table, std::size_t c) {
  Json json = {{"numbers", Json::array()}};
  const bool deviates = table.has_deviations(c);
  if (deviates) json["deviations"] = Json::array();
  for (const auto& row : table.rows) {
    json["numbers"].push_back(rounded(table.columns[c], row[c].number));
    if (deviates) json["deviations"].push_back(rounded(table.columns[c], row[c].deviation));
  }
  return json;
}

Json texts_json(const Table& table, std::size_t c) {
  Json texts = Json::array(), codes = Json::array();
  std::map<std::string, std::size_t> known;
  for (const auto& row : table.rows) {
    const auto [place, is_new] = known.try_emplace(row[c].text, texts.size());
    if (is_new) texts.push_back(row[c].text);
    codes.push_back(place->second);
  }
  return {{"texts", texts}, {"codes", codes}};
}

Json column_json(const Table& table, std::size_t c, const std::vector<std::vector<bool>>& best) {
  const Column& column = table.columns[c];
  Json json = {{"name", column.name}};
  if (!column.is_number) {
    json.update(texts_json(table, c));
    return json;
  }
  json["decimals"] = column.decimals;
  if (column.is_signed) json["signed"] = true;
  json.update(numbers_json(table, c));
  for (std::size_t r = 0; r < best.size(); ++r) {
    if (best[r][c]) json["best"].push_back(r);
  }
  return json;
}

}  // namespace

Figure Figure::of(const std::string& experiment, const std::string& name,
                  const std::string& title) {
  Figure figure;
  figure.id = figure.data.id = id_of(experiment) + "-" + name;
  figure.title = figure.data.title = title;
  return figure;
}

Json as_json(const Table& table) {
  Json json = {{"id", table.id}, {"title", table.title}};
  if (!table.note.empty()) json["note"] = table.note;
  if (table.groups > 0) json["groups"] = table.groups;
  json["columns"] = Json::array();
  const auto best = best_cells(table);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    json["columns"].push_back(column_json(table, c, best));
  }
  return json;
}

Json as_json(const Figure& figure) {
  Json json = {
      {"id", figure.id},     {"title", figure.title},       {"caption", figure.caption},
      {"kind", figure.kind}, {"channels", figure.channels}, {"data", as_json(figure.data)}};
  if (!figure.choice.empty()) json["choice"] = figure.choice;
  return json;
}

}  // namespace qprompt::report

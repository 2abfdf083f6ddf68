#include "qprompt/adapter/feature_learner.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

// The first of equal names is the first one seen, the second the second; -1 for one too many.
std::vector<Index> places_among(const SeenClasses& seen, const std::vector<std::string>& names) {
  std::map<std::string_view, std::vector<Index>> known;
  for (std::size_t s = 0; s < seen.size(); ++s) {
    known[seen[s].name].push_back(static_cast<Index>(s));
  }
  std::map<std::string_view, std::size_t> asked;
  std::vector<Index> places;
  places.reserve(names.size());
  for (const std::string& name : names) {
    const std::vector<Index>& of_name = known[name];
    const std::size_t occurrence = asked[name]++;
    places.push_back(occurrence < of_name.size() ? of_name[occurrence] : -1);
  }
  return places;
}

}  // namespace

SeenClasses seen_classes(const std::vector<std::string>& class_names, std::span<const int> labels) {
  SeenClasses seen;
  seen.reserve(class_names.size());
  for (const std::string& name : class_names) seen.push_back({name, 0});
  for (const int label : labels) {
    require(label >= 0 && label < std::ssize(class_names), "label ", label, " among ",
            class_names.size(), " classes");
    ++seen[static_cast<std::size_t>(label)].images;
  }
  return seen;
}

FeatureLearner::FeatureLearner(SeenClasses seen) : seen_(std::move(seen)) {}

std::unique_ptr<Penalty> FeatureLearner::penalty(const Shots&, const ClassTexts&) const {
  return nullptr;
}

std::optional<Matrix> FeatureLearner::class_matrix(const ParameterMap&, const ClassTexts&) const {
  return std::nullopt;
}

std::vector<Index> FeatureLearner::places_of(const std::vector<std::string>& names) const {
  return places_among(seen_, names);
}

void require_seen(const FeatureLearner& learner, const std::vector<std::string>& class_names) {
  const SeenClasses& seen = learner.seen();
  const std::vector<Index> places = places_among(seen, class_names);
  const auto unseen = std::ranges::find(places, Index{-1});
  if (unseen == places.end()) return;
  const std::string& name = class_names[static_cast<std::size_t>(unseen - places.begin())];
  const auto times = std::ranges::count(seen, name, &SeenClass::name);
  require(times == 0, "more than ", times, " classes called '", name,
          "', as many as this was learned with");
  fail("'", name, "' is none of the ", seen.size(),
       " classes that this was learned with, and the method ",
       "reads no texts of new ones (clip-adapter, tip-adapter and clap do)");
}

Matrix class_means(const Shots& shots, const std::vector<std::string>& class_names) {
  const SeenClasses seen = seen_classes(class_names, shots.labels);
  Eigen::MatrixXd sums =
      Eigen::MatrixXd::Zero(static_cast<Index>(seen.size()), shots.features.cols());
  for (Index row = 0; row < shots.rows(); ++row) {
    sums.row(shots.label(row)) += shots.features.row(row).cast<double>();
  }
  for (Index c = 0; c < sums.rows(); ++c) {
    const SeenClass& of_class = seen[static_cast<std::size_t>(c)];
    require(of_class.images > 0, "class '", of_class.name,
            "' has no training image, and the method learns from images alone");
    sums.row(c) /= static_cast<double>(of_class.images * shots.views);
  }
  return sums.cast<float>();
}

Matrix rows_at(const Matrix& rows, const std::vector<Index>& places) {
  Matrix selected = Matrix::Zero(std::ssize(places), rows.cols());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= 0) selected.row(static_cast<Index>(i)) = rows.row(places[i]);
  }
  return selected;
}

}  // namespace qprompt

#include "qprompt/adapter/feature_learner.h"

#include <algorithm>
#include <set>

#include "qprompt/core/error.h"

namespace qprompt {

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

FeatureLearner::FeatureLearner(SeenClasses seen) : seen_(std::move(seen)) {
  std::set<std::string_view> names;
  for (const SeenClass& of_class : seen_) {
    require(names.insert(of_class.name).second, "two classes are called '", of_class.name,
            "', and a learner on features tells them by their names");
  }
}

ParameterMap FeatureLearner::pull_back(const ParameterMap&, const ClassTexts&, const Matrix&,
                                       const Matrix&) const {
  fail("a learner without steps has no gradient");
}

std::unique_ptr<Penalty> FeatureLearner::penalty(const Shots&, const ClassTexts&) const {
  return nullptr;
}

std::optional<Matrix> FeatureLearner::class_matrix(const ParameterMap&, const ClassTexts&) const {
  return std::nullopt;
}

std::vector<Index> FeatureLearner::places_of(const std::vector<std::string>& names) const {
  std::map<std::string_view, Index> known;
  for (const SeenClass& seen : seen_) known.emplace(seen.name, std::ssize(known));
  std::vector<Index> places;
  places.reserve(names.size());
  for (const std::string& name : names) {
    const auto found = known.find(name);
    places.push_back(found == known.end() ? -1 : found->second);
  }
  return places;
}

void require_seen(const FeatureLearner& learner, const std::vector<std::string>& class_names) {
  const SeenClasses& seen = learner.seen();
  for (const std::string& name : class_names) {
    require(std::ranges::find(seen, name, &SeenClass::name) != seen.end(), "'", name,
            "' is none of the ", seen.size(),
            " classes that this was learned with, and the method ",
            "reads no texts of new ones (clip-adapter, tip-adapter and clap do)");
  }
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

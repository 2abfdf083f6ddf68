#include "qprompt/adapter/class_means.h"

#include "qprompt/clip/similarity.h"

namespace qprompt {

ClassMeans::ClassMeans(const ClassMeansConfig&, Index embed, SeenClasses seen)
    : FeatureLearner(std::move(seen)), embed_(embed) {}

std::vector<ParameterSpec> ClassMeans::parameters() const {
  return {{"center", 1, embed_, ParameterKind::kBias},
          {"means", classes(), embed_, ParameterKind::kProjection}};
}

ParameterMap ClassMeans::initial_values(const Shots& shots, const ClassTexts& classes,
                                        std::uint64_t) const {
  Matrix means = class_means(shots, classes.names);
  const Matrix center = means.colwise().mean();
  means.rowwise() -= center.row(0);
  return {{"center", center}, {"means", means}};
}

FeaturePass ClassMeans::forward(const ParameterMap& values, const ClassTexts& classes,
                                const Matrix& images) const {
  return {cosine_logits(images, *class_matrix(values, classes), classes.scale)};
}

std::optional<Matrix> ClassMeans::class_matrix(const ParameterMap& values,
                                               const ClassTexts& classes) const {
  Matrix means = rows_at(values.at("means"), places_of(classes.names));
  means.rowwise() += values.at("center").row(0);
  return UnitRows(means).unit;
}

}  // namespace qprompt

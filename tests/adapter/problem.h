#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "qprompt/adapter/feature_learner.h"
#include "qprompt/clip/similarity.h"
#include "qprompt/core/random.h"
#include "tests/support/errors.h"

namespace qprompt {

using Plain = Eigen::MatrixXd;

// A few labelled images under two views each, three classes with texts, and images to be asked
// about. Written out in double precision by the tests themselves.
struct Problem {
  static constexpr Index kEmbed = 6, kViews = 2;

  Matrix features = UnitRows(Random(1).normal_matrix(7 * kViews, kEmbed, 1)).unit;
  std::vector<int> labels{2, 0, 1, 0, 2, 1, 0};
  std::vector<std::string> names{"cat", "dog", "red car"};
  Matrix texts = UnitRows(Random(2).normal_matrix(3, kEmbed, 1)).unit;
  Matrix images = UnitRows(Random(3).normal_matrix(4, kEmbed, 1)).unit;
  float scale = 5;

  Shots shots() const { return {features, labels, kViews}; }
  ClassTexts classes() const { return {names, texts, scale}; }
  SeenClasses seen() const { return seen_classes(names, labels); }

  // Mean of a class's features.
  Eigen::RowVectorXd mean_of(int label) const {
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(kEmbed);
    double count = 0;
    for (Index row = 0; row < features.rows(); ++row) {
      if (labels[row / kViews] != label) continue;
      sum += features.row(row).cast<double>();
      ++count;
    }
    return sum / count;
  }
};

inline double cosine(const Eigen::RowVectorXd& a, const Eigen::RowVectorXd& b) {
  return a.dot(b) / (a.norm() * b.norm());
}

inline Plain softmax_rows(const Plain& logits) {
  Plain p = logits.array().exp();
  for (Index i = 0; i < p.rows(); ++i) p.row(i) /= p.row(i).sum();
  return p;
}

inline void expect_near(const Matrix& actual, const Plain& expected, double tolerance = 1e-5) {
  ASSERT_EQ(actual.rows(), expected.rows());
  ASSERT_EQ(actual.cols(), expected.cols());
  EXPECT_LT((actual.cast<double>() - expected).cwiseAbs().maxCoeff(),
            tolerance * std::max(1.0, expected.cwiseAbs().maxCoeff()));
}

// Gradient of a plain function of one matrix by central differences.
inline Plain slope_of(const std::function<double(const Plain&)>& loss, Plain x) {
  constexpr double kStep = 1e-5;
  Plain d_x(x.rows(), x.cols());
  for (Index i = 0; i < x.size(); ++i) {
    const double value = x.data()[i];
    const auto at = [&](double offset) {
      x.data()[i] = value + offset;
      return loss(x);
    };
    d_x.data()[i] = (at(kStep) - at(-kStep)) / (2 * kStep);
    x.data()[i] = value;
  }
  return d_x;
}

// Whether the learner's pull-back of `d_logits` is the slope of <d_logits, plain logits> along each
// of its matrices.
inline void expect_pull_back(
    const FeatureLearner& learner, const Problem& problem, const ParameterMap& values,
    const std::function<Plain(const std::map<std::string, Plain>&)>& logits) {
  const Matrix d_logits =
      Random(9).normal_matrix(problem.images.rows(), std::ssize(problem.names), 1);
  const ParameterMap gradient =
      learner.forward(values, problem.classes(), problem.images).pull_back(d_logits);
  std::map<std::string, Plain> plain;
  for (const auto& [name, value] : values) plain[name] = value.cast<double>();
  expect_near(learner.logits(values, problem.classes(), problem.images), logits(plain));
  for (const auto& [name, value] : plain) {
    SCOPED_TRACE(name);
    const auto loss = [&](const Plain& moved) {
      auto at = plain;
      at[name] = moved;
      return logits(at).cwiseProduct(d_logits.cast<double>()).sum();
    };
    const Plain expected = slope_of(loss, value);
    ASSERT_GT(expected.cwiseAbs().maxCoeff(), 1e-3);
    expect_near(gradient.at(name), expected, 1e-4);
  }
}

}  // namespace qprompt

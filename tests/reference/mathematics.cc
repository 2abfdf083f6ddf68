#include "tests/reference/mathematics.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace qprompt::reference {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double normal_cdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }
double normal_density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

double standard_deviation(const RowVector& centred, double eps) {
  return std::sqrt(centred.squaredNorm() / static_cast<double>(centred.size()) + eps);
}

// q k^T / sqrt(d), where a row may not see later rows if the mask is causal.
Matrix scores(const Heads& x, Mask mask) {
  Matrix s = x.q * x.k.transpose() / std::sqrt(static_cast<double>(x.q.cols()));
  if (mask == Mask::kCausal) {
    s.triangularView<Eigen::StrictlyUpper>().setConstant(-std::numeric_limits<double>::infinity());
  }
  return s;
}

}  // namespace

Matrix layer_norm(const LayerNorm& norm, const Matrix& x) {
  Matrix y(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    const RowVector centred = x.row(i).array() - x.row(i).mean();
    const RowVector x_hat = centred / standard_deviation(centred, norm.eps);
    y.row(i) = x_hat.cwiseProduct(norm.weight) + norm.bias;
  }
  return y;
}

Matrix layer_norm_pull_back(const LayerNorm& norm, const Matrix& x, const Matrix& d_y) {
  Matrix d_x(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    const RowVector centred = x.row(i).array() - x.row(i).mean();
    const double sigma = standard_deviation(centred, norm.eps);
    const RowVector x_hat = centred / sigma;
    const RowVector d_x_hat = d_y.row(i).cwiseProduct(norm.weight);
    const double along = d_x_hat.cwiseProduct(x_hat).mean();
    d_x.row(i) = (d_x_hat.array() - d_x_hat.mean() - x_hat.array() * along) / sigma;
  }
  return d_x;
}

Matrix linear(const Linear& layer, const Matrix& x) {
  return (x * layer.weight.transpose()).rowwise() + layer.bias;
}

Matrix linear_pull_back(const Linear& layer, const Matrix& d_y) { return d_y * layer.weight; }

Matrix quick_gelu(const Matrix& x) {
  return x.unaryExpr([](double v) { return v * sigmoid(1.702 * v); });
}

Matrix quick_gelu_pull_back(const Matrix& x, const Matrix& d_y) {
  const auto slope = [](double v) {
    const double s = sigmoid(1.702 * v);
    return s + 1.702 * v * s * (1 - s);
  };
  return d_y.cwiseProduct(x.unaryExpr(slope));
}

Matrix gelu(const Matrix& x) {
  return x.unaryExpr([](double v) { return v * normal_cdf(v); });
}

Matrix gelu_pull_back(const Matrix& x, const Matrix& d_y) {
  const auto slope = [](double v) { return normal_cdf(v) + v * normal_density(v); };
  return d_y.cwiseProduct(x.unaryExpr(slope));
}

Matrix softmax(const Matrix& x) {
  Matrix y(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    y.row(i) = (x.row(i).array() - x.row(i).maxCoeff()).exp();
    y.row(i) /= y.row(i).sum();
  }
  return y;
}

Matrix softmax_pull_back(const Matrix& x, const Matrix& d_y) {
  const Matrix y = softmax(x);
  Matrix d_x(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    d_x.row(i) = y.row(i).array() * (d_y.row(i).array() - d_y.row(i).dot(y.row(i)));
  }
  return d_x;
}

Matrix attention(const Heads& x, Mask mask) { return softmax(scores(x, mask)) * x.v; }

Heads attention_pull_back(const Heads& x, Mask mask, const Matrix& d_y) {
  const Matrix s = scores(x, mask);
  const Matrix d_s = softmax_pull_back(s, d_y * x.v.transpose());
  const double root = std::sqrt(static_cast<double>(x.q.cols()));
  return {
      .q = d_s * x.k / root, .k = d_s.transpose() * x.q / root, .v = softmax(s).transpose() * d_y};
}

Matrix normalize_rows(const Matrix& x) { return x.rowwise().normalized(); }

Matrix normalize_rows_pull_back(const Matrix& x, const Matrix& d_y) {
  Matrix d_x(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    const RowVector y = x.row(i).normalized();
    d_x.row(i) = (d_y.row(i) - y * d_y.row(i).dot(y)) / x.row(i).norm();
  }
  return d_x;
}

Matrix cosine_logits(const Features& features, double scale) {
  return scale * normalize_rows(features.images) * normalize_rows(features.texts).transpose();
}

Features cosine_logits_pull_back(const Features& features, double scale, const Matrix& d_logits) {
  const Matrix d_images = scale * d_logits * normalize_rows(features.texts);
  const Matrix d_texts = scale * d_logits.transpose() * normalize_rows(features.images);
  return {.images = normalize_rows_pull_back(features.images, d_images),
          .texts = normalize_rows_pull_back(features.texts, d_texts)};
}

double cross_entropy(const Matrix& logits, const std::vector<int>& labels) {
  double sum = 0;
  for (Index i = 0; i < logits.rows(); ++i) {
    const double largest = logits.row(i).maxCoeff();
    const double log_sum = largest + std::log((logits.row(i).array() - largest).exp().sum());
    sum += log_sum - logits(i, labels[i]);
  }
  return sum / static_cast<double>(logits.rows());
}

Matrix cross_entropy_pull_back(const Matrix& logits, const std::vector<int>& labels) {
  Matrix d_logits = softmax(logits);
  for (Index i = 0; i < logits.rows(); ++i) d_logits(i, labels[i]) -= 1;
  return d_logits / static_cast<double>(logits.rows());
}

}  // namespace qprompt::reference

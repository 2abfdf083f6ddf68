#pragma once

#include <Eigen/Core>
#include <vector>

// CLIP's mathematics as on paper, in double precision: no speed, nothing saved between a step and
// its pull-back. The pull-back of y = f(x) takes x and d_y = dL/dy and gives d_x = dL/dx; weights
// are frozen and get no gradient.
namespace qprompt::reference {

using Index = Eigen::Index;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowVector = Eigen::RowVectorXd;

struct LayerNorm {
  RowVector weight, bias;  // [width]
  double eps = 1e-5;
};

Matrix layer_norm(const LayerNorm& norm, const Matrix& x);  // [n, width], each row by itself
Matrix layer_norm_pull_back(const LayerNorm& norm, const Matrix& x, const Matrix& d_y);

struct Linear {
  Matrix weight;   // [out, in]
  RowVector bias;  // [out]
};

Matrix linear(const Linear& layer, const Matrix& x);  // x W^T + b
Matrix linear_pull_back(const Linear& layer, const Matrix& d_y);

Matrix quick_gelu(const Matrix& x);  // x sigmoid(1.702 x)
Matrix quick_gelu_pull_back(const Matrix& x, const Matrix& d_y);

Matrix gelu(const Matrix& x);  // x Phi(x), Phi the normal distribution function
Matrix gelu_pull_back(const Matrix& x, const Matrix& d_y);

Matrix softmax(const Matrix& x);  // of each row
Matrix softmax_pull_back(const Matrix& x, const Matrix& d_y);

enum class Mask { kNone, kCausal };

// One head: softmax(q k^T / sqrt(d)) v.  [n, d] each
struct Heads {
  Matrix q, k, v;
};
Matrix attention(const Heads& x, Mask mask);
Heads attention_pull_back(const Heads& x, Mask mask, const Matrix& d_y);

Matrix normalize_rows(const Matrix& x);  // to length 1
Matrix normalize_rows_pull_back(const Matrix& x, const Matrix& d_y);

struct Features {
  Matrix images, texts;  // [b, embed], [n_cls, embed]
};
Matrix cosine_logits(const Features& features, double scale);  // [b, n_cls]
Features cosine_logits_pull_back(const Features& features, double scale, const Matrix& d_logits);

double cross_entropy(const Matrix& logits, const std::vector<int>& labels);  // the mean over rows
Matrix cross_entropy_pull_back(const Matrix& logits, const std::vector<int>& labels);

}  // namespace qprompt::reference

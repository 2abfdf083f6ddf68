#include "tests/kernels/plain_attention.h"

#include <functional>

namespace qprompt::kernels {
namespace {

using reference::Matrix;

// A row that asks, the rows it attends to, and the row of y that receives the result.
struct Question {
  Index query, result;
  std::vector<Index> keys;
};

std::vector<Index> range(Index begin, Index end) {
  std::vector<Index> rows;
  for (Index r = begin; r < end; ++r) rows.push_back(r);
  return rows;
}

std::vector<Question> questions_of(const Sequences& sequences, Queries queries) {
  std::vector<Question> questions;
  const Index shared = sequences.shared;
  for (Index r = 0; r < shared && queries == Queries::kAll; ++r) {
    questions.push_back({r, r, range(0, sequences.causal ? r + 1 : shared)});
  }
  for (Index s = 0; s < sequences.count(); ++s) {
    const Index begin = sequences.begin[s], end = sequences.begin[s + 1];
    for (Index r = begin; r < end; ++r) {
      if (queries == Queries::kFirst && r != begin) continue;
      if (queries == Queries::kLast && r + 1 != end) continue;
      std::vector<Index> keys = range(0, shared);
      for (Index k : range(begin, sequences.causal ? r + 1 : end)) keys.push_back(k);
      questions.push_back({r, queries == Queries::kAll ? r : s, keys});
    }
  }
  return questions;
}

using Body = std::function<void(const Question&, Eigen::ArithmeticSequence<Index, Index> q,
                                Eigen::ArithmeticSequence<Index, Index> k,
                                Eigen::ArithmeticSequence<Index, Index> v)>;

// Calls body with the columns of each head's queries (those of y, too), keys and values.
void for_each(const Sequences& sequences, Index heads, Queries queries, Index width,
              const Body& body) {
  const Index head_width = width / heads;
  const auto columns = [&](Index part, Index head) {
    return Eigen::seqN(part * width + head * head_width, head_width);
  };
  for (const Question& question : questions_of(sequences, queries)) {
    for (Index head = 0; head < heads; ++head) {
      body(question, columns(0, head), columns(1, head), columns(2, head));
    }
  }
}

}  // namespace

Matrix plain_attention(const Sequences& sequences, Index heads, Queries queries,
                       const Matrix& qkv) {
  const Index width = qkv.cols() / 3;
  Matrix y(queries == Queries::kAll ? sequences.rows() : sequences.count(), width);
  for_each(sequences, heads, queries, width, [&](const Question& at, auto q, auto k, auto v) {
    const Matrix scores = qkv(Eigen::seqN(at.query, 1), q) * qkv(at.keys, k).transpose();
    y(Eigen::seqN(at.result, 1), q) = reference::softmax(scores) * qkv(at.keys, v);
  });
  return y;
}

Matrix plain_attention_pull_back(const Sequences& sequences, Index heads, Queries queries,
                                 const Matrix& qkv, const Matrix& d_y) {
  Matrix d_qkv = Matrix::Zero(qkv.rows(), qkv.cols());
  const Index width = d_y.cols();
  for_each(sequences, heads, queries, width, [&](const Question& at, auto q, auto k, auto v) {
    const Matrix query = qkv(Eigen::seqN(at.query, 1), q), keys = qkv(at.keys, k);
    const Matrix scores = query * keys.transpose();
    const Matrix d = d_y(Eigen::seqN(at.result, 1), q);
    const Matrix d_scores = reference::softmax_pull_back(scores, d * qkv(at.keys, v).transpose());
    d_qkv(at.keys, v) += reference::softmax(scores).transpose() * d;
    d_qkv(at.keys, k) += d_scores.transpose() * query;
    d_qkv(Eigen::seqN(at.query, 1), q) += d_scores * keys;
  });
  return d_qkv;
}

}  // namespace qprompt::kernels

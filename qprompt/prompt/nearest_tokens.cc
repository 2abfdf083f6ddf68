#include "qprompt/prompt/nearest_tokens.h"

#include <algorithm>
#include <numeric>

#include "qprompt/checkpoint/checkpoint.h"
#include "qprompt/core/error.h"
#include "qprompt/tokenizer/tokenizer.h"

namespace qprompt {
namespace {

constexpr Index kTokensAtOnce = 4096;

struct Candidate {
  float rank;
  int id;
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank < other.rank : id < other.id;
  }
};

// |e - v|^2 = |e|^2 - 2 e v + |v|^2 without its last term, which ranks no token differently.
Matrix ranks(const Matrix& embeddings, const Matrix& vectors) {  // [t, d], [n, d] -> [t, n]
  Matrix rank = -2.0f * embeddings * vectors.transpose();
  rank.colwise() += embeddings.rowwise().squaredNorm();
  return rank;
}

void keep_smallest(std::vector<Candidate>& candidates, std::size_t count) {
  const std::size_t kept = std::min(candidates.size(), count);
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(kept);
  std::partial_sort(candidates.begin(), end, candidates.end());
  candidates.resize(kept);
}

using Candidates = std::vector<std::vector<Candidate>>;  // of each vector

Candidates nearest_candidates(const Model& model, const Matrix& vectors, std::size_t count) {
  Candidates best(static_cast<std::size_t>(vectors.rows()));
  const Index vocabulary = model.shape().vocabulary;
  for (Index first = 0; first < vocabulary; first += kTokensAtOnce) {
    std::vector<int> ids(static_cast<std::size_t>(std::min(kTokensAtOnce, vocabulary - first)));
    std::iota(ids.begin(), ids.end(), static_cast<int>(first));
    const Matrix rank = ranks(model.checkpoint().token_embeddings(ids), vectors);
    for (std::size_t v = 0; v < best.size(); ++v) {
      for (std::size_t t = 0; t < ids.size(); ++t) {
        best[v].push_back({rank(static_cast<Index>(t), static_cast<Index>(v)), ids[t]});
      }
      keep_smallest(best[v], count);
    }
  }
  return best;
}

}  // namespace

std::vector<std::vector<NearToken>> nearest_tokens(const Model& model, const Matrix& vectors,
                                                   int count) {
  const Index width = model.shape().text.width;
  require(count >= 1, "nearest_tokens: ", count, " tokens, expected at least 1");
  require(vectors.cols() == width, "nearest_tokens: vectors of ", vectors.cols(),
          " values, the token embeddings have ", width);
  std::vector<std::vector<NearToken>> result;
  for (const auto& candidates :
       nearest_candidates(model, vectors, static_cast<std::size_t>(count))) {
    const auto vector = vectors.row(static_cast<Index>(result.size()));
    std::vector<NearToken>& tokens = result.emplace_back();
    for (const Candidate& candidate : candidates) {
      const std::vector<int> id{candidate.id};
      // Once more as a difference: the ranks lose small distances to rounding.
      const double distance = (model.checkpoint().token_embeddings(id).row(0) - vector).norm();
      tokens.push_back({candidate.id, model.tokenizer().decode(id), distance});
    }
  }
  return result;
}

}  // namespace qprompt

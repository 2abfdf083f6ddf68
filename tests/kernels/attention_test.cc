#include "qprompt/kernels/attention.h"

#include <numeric>

#include "tests/kernels/kernel_test.h"
#include "tests/kernels/plain_attention.h"
#include "tests/reference/finite_differences.h"
#include "tests/support/errors.h"

namespace qprompt::kernels {
namespace {

struct Problem {
  Sequences sequences;
  Index heads, head_width;
  Queries queries;

  Index width() const { return heads * head_width; }
  Index results() const { return queries == Queries::kAll ? sequences.rows() : sequences.count(); }
};

Sequences sequences_of(Index shared, const std::vector<Index>& lengths, bool causal) {
  Sequences sequences{shared, {shared}, causal};
  for (Index length : lengths) sequences.begin.push_back(sequences.rows() + length);
  return sequences;
}

// Ragged sequences: shorter than, as long as and longer than the tile of 16 queries; more of them
// than one task takes.
std::vector<std::vector<Index>> all_lengths() {
  return {{1}, {3}, {16, 1, 33}, {5, 17, 2}, std::vector<Index>(35, 2)};
}

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const std::vector<Index>& lengths : all_lengths()) {
    for (Index shared : {0, 1, 17}) {
      for (bool causal : {true, false}) {
        for (Queries queries : {Queries::kAll, Queries::kFirst, Queries::kLast}) {
          all.push_back({sequences_of(shared, lengths, causal), 2, 4, queries});
        }
      }
    }
  }
  for (Index head_width : {1, 12, 48, 64}) {
    all.push_back({sequences_of(5, {4, 7, 20}, true), 3, head_width, Queries::kAll});
    all.push_back({sequences_of(0, {20, 20}, false), 1, head_width, Queries::kFirst});
  }
  return all;
}

std::string text(const Problem& p) {
  std::string lengths;
  for (Index b : p.sequences.begin) lengths += " " + std::to_string(b);
  return std::to_string(p.sequences.shared) + " shared, begin" + lengths +
         (p.sequences.causal ? ", causal, " : ", ") + std::to_string(p.heads) + " heads of " +
         std::to_string(p.head_width) + ", queries " + std::to_string(static_cast<int>(p.queries));
}

Buffer run(Stream& stream, const Problem& p, const Buffer& qkv) {
  Buffer y = unwritten(p.results(), p.width(), qkv.format());
  attention(stream, p.sequences, p.heads, p.queries, qkv.view(), y.view());
  return y;
}

Buffer run_pull_back(Stream& stream, const Problem& p, const Buffer& qkv, const Buffer& d_y) {
  Buffer d_qkv = unwritten(qkv.rows(), qkv.cols(), qkv.format());
  attention_pull_back(stream, p.sequences, p.heads, p.queries, qkv.view(), d_y.view(),
                      d_qkv.view());
  return d_qkv;
}

class Attention : public BothFormats {
 protected:
  Buffer random_buffer(Index rows, Index cols) {
    return buffer_of(random_values(random_, rows, cols, format()), format());
  }
  Buffer qkv_of(const Problem& p) { return random_buffer(p.sequences.rows(), 3 * p.width()); }
  Buffer d_y_of(const Problem& p) { return random_buffer(p.results(), p.width()); }

  // Leaves not-a-numbers in the whole memory that the problems above will use.
  void poison(Stream& stream) {
    const Problem large{sequences_of(19, {40}, true), 2, 70, Queries::kAll};
    const Buffer qkv = unwritten(large.sequences.rows(), 3 * large.width(), format());
    run(stream, large, qkv);
    run_pull_back(stream, large, qkv, unwritten(large.results(), large.width(), format()));
  }
};

TEST_P(Attention, IsTheFormulaForAllKindsOfSequences) {
  Stream stream(device_of(format()));
  for (const Problem& p : problems()) {
    SCOPED_TRACE(text(p));
    const Buffer qkv = qkv_of(p);
    expect_close(run(stream, p, qkv),
                 plain_attention(p.sequences, p.heads, p.queries, in_double(qkv)));
  }
}

TEST_P(Attention, PullsBackForAllKindsOfSequences) {
  Stream stream(device_of(format()));
  for (const Problem& p : problems()) {
    SCOPED_TRACE(text(p));
    const Buffer qkv = qkv_of(p), d_y = d_y_of(p);
    expect_close(
        run_pull_back(stream, p, qkv, d_y),
        plain_attention_pull_back(p.sequences, p.heads, p.queries, in_double(qkv), in_double(d_y)));
  }
}

TEST_P(Attention, GradientAgreesWithFiniteDifferencesOfTheFormula) {
  Stream stream(device_of(format()));
  for (Queries queries : {Queries::kAll, Queries::kFirst, Queries::kLast}) {
    for (bool causal : {true, false}) {
      const Problem p{sequences_of(2, {3, 1}, causal), 2, 3, queries};
      SCOPED_TRACE(text(p));
      const Buffer qkv = qkv_of(p), d_y = d_y_of(p);
      const auto loss = [&](const Double& at) {
        return reference::dot(in_double(d_y), plain_attention(p.sequences, p.heads, p.queries, at));
      };
      expect_close(run_pull_back(stream, p, qkv, d_y),
                   reference::finite_differences(loss, in_double(qkv)));
    }
  }
}

TEST_P(Attention, DoesNotRememberWhatTheStreamDidBefore) {
  Stream used(device_of(format())), fresh(device_of(format()));
  for (const Problem& p : problems()) {
    SCOPED_TRACE(text(p));
    poison(used);
    const Buffer qkv = qkv_of(p), d_y = d_y_of(p);
    expect_same(run(used, p, qkv), run(fresh, p, qkv));
    poison(used);
    expect_same(run_pull_back(used, p, qkv, d_y), run_pull_back(fresh, p, qkv, d_y));
  }
}

TEST_P(Attention, GivesTheSameBytesForOneAndTwoThreads) {
  Stream one(device_of(format(), 1)), two(device_of(format(), 2));
  for (const Problem& p : problems()) {
    SCOPED_TRACE(text(p));
    const Buffer qkv = qkv_of(p), d_y = d_y_of(p);
    expect_same(run(one, p, qkv), run(two, p, qkv));
    expect_same(run_pull_back(one, p, qkv, d_y), run_pull_back(two, p, qkv, d_y));
  }
}

TEST_P(Attention, SharedRowsAreAsGoodAsRowsOfEachSequence) {
  Stream stream(device_of(format()));
  const Problem shared{sequences_of(3, {4, 2}, true), 2, 12, Queries::kLast};
  const Problem apart{sequences_of(0, {7, 5}, true), 2, 12, Queries::kLast};
  const Matrix rows = random_values(random_, 9, 72, format());
  Matrix repeated(12, 72);
  repeated << rows.topRows(7), rows.topRows(3), rows.bottomRows(2);
  expect_close(run(stream, shared, buffer_of(rows, format())),
               in_double(run(stream, apart, buffer_of(repeated, format()))));
}

// Scores of +-1e4 would overflow an exponential without the row's largest taken off.
TEST_P(Attention, TakesExtremeScores) {
  Stream stream(device_of(format()));
  const Problem p{sequences_of(2, {3, 20}, true), 1, 12, Queries::kAll};
  const Matrix rows = random_values(random_, p.sequences.rows(), 36, format(), 60);
  const Buffer qkv = buffer_of(rows, format());
  const Double expected = plain_attention(p.sequences, p.heads, p.queries, in_double(qkv));
  const Double actual = in_double(run(stream, p, qkv));
  EXPECT_LT((actual - expected).cwiseAbs().maxCoeff(), 1e-2 * expected.cwiseAbs().maxCoeff());
}

TEST_P(Attention, RefusesWidthsThatHeadsDoNotDivide) {
  Stream stream(device_of(format()));
  const Problem p{sequences_of(0, {4}, true), 3, 4, Queries::kAll};
  const Buffer qkv = random_buffer(4, 30);
  Buffer y = unwritten(4, 10, format());
  const auto call = [&] { attention(stream, p.sequences, 3, p.queries, qkv.view(), y.view()); };
  EXPECT_THAT(testing::error_of(call), ::testing::HasSubstr("3 heads"));
}

INSTANTIATE_TEST_SUITE_P(Formats, Attention, both_formats(), format_name);

}  // namespace
}  // namespace qprompt::kernels

#include "qprompt/quant/quantizer_state.h"

#include <gtest/gtest.h>

#include "qprompt/core/error.h"
#include "qprompt/core/random.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {
namespace {

constexpr QuantizerConfig kConfig{
    .bits = "3", .statistics = Statistics::kAtClustering, .min_interval = 2, .kl_threshold = 1e-4};

// Weights that drift, so that clusterings happen.
ParameterMap weights_at(std::int64_t step) {
  ParameterMap values{{"a.ctx", Random(1).normal_matrix(4, 64, 0.02)},
                      {"b", Random(2).normal_matrix(16, 16, 1)}};
  for (auto& [name, matrix] : values) {
    matrix += Random(3, step).normal_matrix(matrix.rows(), matrix.cols(), 0.01 * step);
  }
  return values;
}

Quantizer trained(std::int64_t steps) {
  Quantizer quantizer(kConfig);
  for (std::int64_t step = 0; step < steps; ++step) quantizer.adapt(weights_at(step), step);
  return quantizer;
}

TEST(QuantizerState, GoesOnAsIfNothingHadHappened) {
  Quantizer uninterrupted = trained(11);
  ParameterMap tensors{{"ctx", Matrix::Zero(1, 1)}};  // a run's file holds other things too
  std::map<std::string, std::string> metadata{{"epoch", "3"}};
  store_state(uninterrupted.state(), tensors, metadata);

  Quantizer resumed(kConfig);
  resumed.restore(load_state(tensors, metadata));
  EXPECT_EQ(resumed.state(), uninterrupted.state());
  for (std::int64_t step = 11; step < 30; ++step) {
    uninterrupted.adapt(weights_at(step), step);
    resumed.adapt(weights_at(step), step);
  }
  EXPECT_EQ(resumed.state(), uninterrupted.state());
  EXPECT_EQ(resumed.clusterings(), uninterrupted.clusterings());
  EXPECT_GT(resumed.clusterings().at("a.ctx"), 2);
}

TEST(QuantizerState, RefusesWhatDoesNotFitTogether) {
  ParameterMap tensors;
  std::map<std::string, std::string> metadata;
  store_state(trained(1).state(), tensors, metadata);
  EXPECT_THROW(load_state(tensors, {}), Error);
  for (const char* line : {"", "0", "0 1", "0 1 5 5", "0 1 1 2 3 4 5 6 7 x"}) {
    metadata["quantizer.b"] = line;
    EXPECT_THROW(load_state(tensors, metadata), Error) << line;
  }
}

TEST(QuantizerState, RefusesCentroidsThatAreNone) {
  QuantizerState state = trained(1).state();
  Quantizer one_bit({.bits = "1"});
  EXPECT_THROW(one_bit.restore(state), Error);
  std::swap(state.matrices["b"].centroids[0], state.matrices["b"].centroids[1]);
  EXPECT_THROW(Quantizer(kConfig).restore(state), Error);
}

}  // namespace
}  // namespace qprompt

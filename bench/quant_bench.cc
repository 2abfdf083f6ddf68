#include <benchmark/benchmark.h>

#include "qprompt/core/random.h"
#include "qprompt/quant/quantizer.h"

namespace qprompt {
namespace {

Matrix normal_values(Index n) { return Random(1).normal_matrix(1, n, 1.0); }

void fit(benchmark::State& state, Levels levels) {
  const Matrix values = normal_values(state.range(0));
  const auto bits = static_cast<int>(state.range(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Codebook::fit(values_of(values), bits, levels));
  }
}
// 4 x 512: the context of QCoOp. 768 x 512: one coupling projection of QMaPLe.
BENCHMARK_CAPTURE(fit, optimal, Levels::kOptimalKMeans)
    ->Args({2048, 1})
    ->Args({2048, 4})
    ->Args({393216, 1})
    ->Args({393216, 2})
    ->Args({393216, 4})
    ->Args({393216, 8})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit, lloyd, Levels::kLloydKMeans)
    ->Args({2048, 1})
    ->Args({393216, 4})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit, log2, Levels::kLog2)->Args({393216, 4})->Unit(benchmark::kMillisecond);

// One training step that does not re-cluster.
void quantize(benchmark::State& state) {
  const ParameterMap values{{"weight", normal_values(state.range(0))}};
  Quantizer quantizer({.bits = std::to_string(state.range(1))});
  quantizer.adapt(values, 0);
  for (auto _ : state) benchmark::DoNotOptimize(quantizer.quantize(values, 1));
}
BENCHMARK(quantize)->Args({2048, 1})->Args({393216, 4})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace qprompt

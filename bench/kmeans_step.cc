// The codebooks of one context, with 1, 2, 3 and 4 bits:
//   kmeans_step ROWS COLS STEPS optimal|lloyd
// Compared (bench/step.h): the sums of squared distances to the nearest centroid.

#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "bench/step.h"
#include "qprompt/core/error.h"
#include "qprompt/quant/codebook.h"

namespace qprompt::bench {
namespace {

constexpr int kMostBits = 4;

// The k-th of numbers that fill (0, 1) evenly.
double fraction(double irrational, Index k) {
  const double product = irrational * static_cast<double>(k + 1);
  return product - std::floor(product);
}

// Normal values, by Box and Muller's formula.
std::vector<float> context_of(Index count) {
  std::vector<float> values;
  for (Index k = 0; k < count; ++k) {
    const double radius = std::sqrt(-2 * std::log(fraction(std::numbers::phi, k)));
    const double angle = 2 * std::numbers::pi * fraction(std::numbers::sqrt2, k);
    values.push_back(static_cast<float>(0.02 * radius * std::cos(angle)));
  }
  return values;
}

Levels levels_of(const std::string& name) {
  require(name == "optimal" || name == "lloyd", "kmeans_step: '", name,
          "', expected optimal, lloyd");
  return name == "optimal" ? Levels::kOptimalKMeans : Levels::kLloydKMeans;
}

void run(const std::vector<std::string>& arguments) {
  require(arguments.size() == 4, "usage: kmeans_step ROWS COLS STEPS optimal|lloyd");
  const std::vector<float> context = context_of(std::stol(arguments[0]) * std::stol(arguments[1]));
  const int steps = std::stoi(arguments[2]);
  const Levels levels = levels_of(arguments[3]);
  require(!context.empty() && steps > 0, "kmeans_step: ", context.size(), " values, ", steps,
          " steps");
  std::vector<Codebook> codebooks;
  const auto step = [&] {
    codebooks.clear();
    for (int bits = 1; bits <= kMostBits; ++bits) {
      codebooks.push_back(Codebook::fit(context, bits, levels));
    }
  };
  const Timing timing = timings_of(steps, {step}).front();
  std::map<std::string, double> distortions;
  for (int bits = 1; bits <= kMostBits; ++bits) {
    distortions[fmt::format("bits {}", bits)] = distortion(codebooks[bits - 1], context);
  }
  note(distortions);
  print("kmeans", arguments[3], timing);
}

}  // namespace
}  // namespace qprompt::bench

int main(int argc, char** argv) {
  return qprompt::bench::run_main(argc, argv, qprompt::bench::run);
}

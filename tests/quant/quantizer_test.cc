#include "qprompt/quant/quantizer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "qprompt/core/error.h"
#include "qprompt/core/fields.h"
#include "qprompt/core/half.h"
#include "qprompt/core/random.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr auto kCodebookKinds = {QuantizerKind::kKMeans, QuantizerKind::kUniform,
                                 QuantizerKind::kLog2};
constexpr auto kBothStatistics = {Statistics::kEveryStep, Statistics::kAtClustering};

ParameterMap normal_parameters(std::uint64_t seed, double standard_deviation = 0.02) {
  return {{"ctx", Random(seed).normal_matrix(4, 96, standard_deviation)},
          {"weight", Random(seed + 1).normal_matrix(32, 24, 3 * standard_deviation)}};
}

bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

bool same_bits(const ParameterMap& a, const ParameterMap& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && same_bits(x.second, y.second);
  });
}

std::set<float> distinct(const Matrix& m) { return {values_of(m).begin(), values_of(m).end()}; }

// Every kind that has a codebook, with all that bears on it.
std::vector<QuantizerConfig> codebook_configs() {
  std::vector<QuantizerConfig> configs;
  for (const QuantizerKind kind : kCodebookKinds) {
    for (const Statistics statistics : kBothStatistics) {
      for (const bool normalize : {true, false}) {
        for (int bits = 1; bits <= 8; ++bits) {
          configs.push_back({.kind = kind,
                             .bits = std::to_string(bits),
                             .normalize = normalize,
                             .statistics = statistics});
        }
      }
    }
  }
  return configs;
}

TEST(Quantizer, TrainsOnExactlyWhatItDeploys) {
  for (const QuantizerConfig& config : codebook_configs()) {
    Quantizer quantizer(config);
    quantizer.adapt(normal_parameters(1), 0);
    const ParameterMap moved = normal_parameters(5, 0.05);  // not what was clustered
    const ParameterMap quantized = quantizer.quantize(moved, 3);
    EXPECT_TRUE(same_bits(quantized, quantizer.deployed(moved)))
        << enum_name(config.kind) << config.bits;
    ParameterMap decoded;
    for (const auto& [name, encoded] : quantizer.encode(moved)) decoded[name] = decode(encoded);
    EXPECT_TRUE(same_bits(quantized, decoded)) << enum_name(config.kind) << config.bits;
  }
}

TEST(Quantizer, UsesAtMostAsManyValuesAsItsBitsAllow) {
  for (const QuantizerConfig& config : codebook_configs()) {
    Quantizer quantizer(config);
    quantizer.adapt(normal_parameters(1), 0);
    const ParameterMap quantized = quantizer.quantize(normal_parameters(1), 0);
    EXPECT_LE(distinct(quantized.at("weight")).size(), std::size_t{1} << std::stoi(config.bits));
    EXPECT_TRUE(is_half_exact(quantized.at("weight")));
  }
}

TEST(Quantizer, IsTheMeanOfEachHalfOfASymmetricMatrix) {
  Matrix w(1, 4);
  w << -3, -1, 1, 3;
  Quantizer quantizer({.bits = "1"});
  quantizer.adapt({{"w", w}}, 0);
  Matrix expected(1, 4);
  expected << -2, -2, 2, 2;
  EXPECT_EQ(quantizer.quantize({{"w", w}}, 0).at("w"), expected);
}

TEST(Quantizer, FollowsMeanAndDeviationOnlyWhereStatisticsAreRefreshed) {
  Matrix w(1, 4);
  w << -3, -1, 1, 3;
  const Matrix grown = 2 * w.array() + 10;
  for (const Statistics statistics : kBothStatistics) {
    Quantizer quantizer({.bits = "1", .statistics = statistics});
    quantizer.adapt({{"w", w}}, 0);
    Matrix expected(1, 4);
    if (statistics == Statistics::kEveryStep) {
      expected << 6, 6, 14, 14;
    } else {
      expected << 2, 2, 2, 2;
    }
    EXPECT_TRUE(quantizer.quantize({{"w", grown}}, 1).at("w").isApprox(expected, 1e-3));
  }
}

TEST(Quantizer, CanClusterTheWeightsThemselves) {
  Matrix w(1, 4);
  w << 1, 1.5, 5, 5.5;
  Quantizer quantizer({.bits = "1", .normalize = false});
  quantizer.adapt({{"w", w}}, 0);
  EXPECT_THAT(quantizer.state().matrices.at("w").centroids, ::testing::ElementsAre(1.25F, 5.25F));
}

TEST(Quantizer, KeepsEqualValuesUpToFp16) {
  for (const QuantizerConfig& config : codebook_configs()) {
    if (!config.normalize && config.kind == QuantizerKind::kLog2) continue;  // 0.1 is no power of 2
    const ParameterMap values{{"w", Matrix::Constant(3, 700, 0.1F)}};
    Quantizer quantizer(config);
    quantizer.adapt(values, 0);
    EXPECT_TRUE(same_bits(quantizer.quantize(values, 0).at("w"), round_to_half(values.at("w"))));
  }
}

TEST(Quantizer, PutsUniformLevelsBetweenTheExtremes) {
  Matrix w(1, 5);
  w << -2, -0.25, 0.5, 2.5, 4;  // levels -2, 0, 2, 4
  Matrix expected(1, 5);
  expected << -2, 0, 0, 2, 4;
  for (const bool normalize : {true, false}) {
    Quantizer quantizer({.kind = QuantizerKind::kUniform, .bits = "2", .normalize = normalize});
    quantizer.adapt({{"w", w}}, 0);
    EXPECT_TRUE(quantizer.quantize({{"w", w}}, 0).at("w").isApprox(expected, 1e-3)) << normalize;
  }
}

TEST(Quantizer, PutsLog2LevelsAroundTheMeanWhereItNormalizes) {
  Matrix w(1, 4);
  w << 7, 9, 11, 13;  // mean 10, standard deviation sqrt(5)
  Matrix around_mean(1, 4);
  const float low = std::sqrt(5.0F) * 0.5F;
  const float high = std::sqrt(5.0F);
  around_mean << 10 - high, 10 - low, 10 + low, 10 + high;
  Quantizer quantizer({.kind = QuantizerKind::kLog2, .bits = "2"});
  quantizer.adapt({{"w", w}}, 0);
  EXPECT_TRUE(quantizer.quantize({{"w", w}}, 0).at("w").isApprox(around_mean, 1e-3));
  Matrix powers(1, 4);
  powers << 8, 8, 8, 16;
  Quantizer plain({.kind = QuantizerKind::kLog2, .bits = "2", .normalize = false});
  plain.adapt({{"w", w}}, 0);
  EXPECT_EQ(plain.quantize({{"w", w}}, 0).at("w"), powers);
}

TEST(Quantizer, LosesLeastWithOptimalKMeans) {
  const ParameterMap values = normal_parameters(1);
  for (int bits = 1; bits <= 6; ++bits) {
    std::map<QuantizerKind, float> error;
    for (const QuantizerKind kind : kCodebookKinds) {
      Quantizer quantizer({.kind = kind, .bits = std::to_string(bits)});
      const Matrix difference = quantizer.deployed(values).at("weight") - values.at("weight");
      error[kind] = difference.squaredNorm();
    }
    EXPECT_LT(error[QuantizerKind::kKMeans], error[QuantizerKind::kUniform]) << bits;
    EXPECT_LT(error[QuantizerKind::kKMeans], error[QuantizerKind::kLog2]) << bits;
  }
}

// Without normalisation the centroids are the values themselves: only fp16 is lost. With it, values
// go to w_hat and back in floats first, which costs a few roundings of the largest magnitude.
TEST(Quantizer, ChangesNothingBeyondFp16WhereEightBitsSuffice) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const Matrix kinds = random.normal_matrix(1, 1 + random.below(256), 0.01 * seed);
    Matrix w(24, 32);
    for (float& value : values_of(w)) value = kinds(0, random.below(kinds.size()));
    Quantizer plain({.bits = "8", .normalize = false});
    plain.adapt({{"w", w}}, 0);
    EXPECT_EQ(plain.quantize({{"w", w}}, 0).at("w"), round_to_half(w)) << seed;
    Quantizer normalizing({.bits = "8"});
    normalizing.adapt({{"w", w}}, 0);
    const Matrix quantized = normalizing.quantize({{"w", w}}, 0).at("w");
    const float rounding = 4 * 0x1p-24F * w.cwiseAbs().maxCoeff();
    const auto allowed = 0x1p-11F * w.array().abs() + 0x1p-25F + rounding;
    EXPECT_LE(((quantized - w).array().abs() - allowed).maxCoeff(), 0) << seed;
  }
}

TEST(Quantizer, PassesValuesThroughUntilTheEndWhenItQuantizesAfterTraining) {
  const ParameterMap values = normal_parameters(1);
  Quantizer after({.bits = "2", .phase = QuantizationPhase::kPostTraining});
  after.adapt(values, 0);
  EXPECT_TRUE(same_bits(after.quantize(values, 0), values));
  Quantizer during({.bits = "2"});
  during.adapt(values, 0);
  EXPECT_TRUE(same_bits(after.deployed(values), during.deployed(values)));
}

TEST(Quantizer, DeploysFp16WhereNothingIsQuantized) {
  const ParameterMap values = normal_parameters(1);
  const Quantizer none({.kind = QuantizerKind::kNone});
  EXPECT_TRUE(same_bits(none.quantize(values, 0), values));
  EXPECT_TRUE(same_bits(none.deployed(values).at("ctx"), round_to_half(values.at("ctx"))));
  EXPECT_TRUE(none.encode(values).empty());
}

TEST(Quantizer, AddsNoiseOfTheGivenDeviation) {
  const ParameterMap values{{"w", Matrix::Constant(100, 100, 2)}};
  const Quantizer noise({.kind = QuantizerKind::kNoise, .noise = 0.1});
  const Matrix difference = noise.quantize(values, 1).at("w").array() - 2;
  EXPECT_NEAR(difference.mean(), 0, 0.005);
  EXPECT_NEAR(std::sqrt(difference.array().square().mean()), 0.1, 0.005);
  EXPECT_TRUE(same_bits(noise.deployed(values), values));
}

TEST(Quantizer, DrawsNoiseFromSeedStepAndNameAlone) {
  const ParameterMap values = normal_parameters(1);
  const QuantizerConfig config{.kind = QuantizerKind::kNoise};
  const Quantizer quantizer(config, 7);
  const ParameterMap drawn = quantizer.quantize(values, 5);
  EXPECT_FALSE(same_bits(quantizer.quantize(values, 6), drawn));
  EXPECT_TRUE(same_bits(quantizer.quantize(values, 5), drawn));
  EXPECT_TRUE(same_bits(Quantizer(config, 7).quantize(values, 5), drawn));
  EXPECT_FALSE(same_bits(Quantizer(config, 8).quantize(values, 5), drawn));
  const ParameterMap alone{{"weight", values.at("weight")}};
  EXPECT_TRUE(same_bits(quantizer.quantize(alone, 5).at("weight"), drawn.at("weight")));
}

TEST(Quantizer, NamesTheMatrixThatIsNotFinite) {
  ParameterMap values = normal_parameters(1);
  Quantizer quantizer({.bits = "1"});
  quantizer.adapt(values, 0);
  values["weight"](3, 3) = std::numeric_limits<float>::quiet_NaN();
  const auto names_weight = ThrowsMessage<Error>(HasSubstr("'weight'"));
  EXPECT_THAT([&] { quantizer.adapt(values, 1); }, names_weight);
  EXPECT_THAT([&] { quantizer.quantize(values, 1); }, names_weight);
  EXPECT_THAT([&] { quantizer.deployed(values); }, names_weight);
  EXPECT_THAT([&] { Quantizer({.kind = QuantizerKind::kNone}).deployed(values); }, names_weight);
}

TEST(Quantizer, NamesTheMatrixThatExceedsFp16) {
  Quantizer quantizer({.bits = "1"});
  const ParameterMap values{{"huge", 1e6F * Matrix::Random(4, 4)}};
  quantizer.adapt(values, 0);
  EXPECT_THAT([&] { quantizer.quantize(values, 0); }, ThrowsMessage<Error>(HasSubstr("'huge'")));
}

TEST(Quantizer, AsksForAdaptBeforeQuantize) {
  const Quantizer quantizer({.bits = "1"});
  EXPECT_THAT([&] { quantizer.quantize(normal_parameters(1), 0); },
              ThrowsMessage<Error>(HasSubstr("adapt")));
}

TEST(Quantizer, RefusesSettingsWithoutMeaning) {
  const double kNaN = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(Quantizer({.bits = "0"}), Error);
  EXPECT_THROW(Quantizer({.bits = "9"}), Error);
  EXPECT_THROW(Quantizer({}, 0, {{"w", 9}}), Error);
  EXPECT_THROW(Quantizer({.min_interval = 0}), Error);
  EXPECT_THROW(Quantizer({.kl_threshold = -1}), Error);
  EXPECT_THROW(Quantizer({.kl_threshold = kNaN}), Error);
  EXPECT_THROW(Quantizer({.noise = -0.1}), Error);
}

TEST(Quantizer, GivesEachMatrixTheBitsNamedForIt) {
  const ParameterMap values = normal_parameters(1);
  Quantizer mixed({.bits = "ctx=1,projection=4"}, 0, {{"ctx", 1}, {"weight", 4}});
  mixed.adapt(values, 0);
  const auto encoded = mixed.encode(values);
  EXPECT_EQ(encoded.at("ctx").bits, 1);
  EXPECT_EQ(encoded.at("weight").bits, 4);
  for (const auto& [name, bits] : {std::pair{"ctx", "1"}, std::pair{"weight", "4"}}) {
    Quantizer alone({.bits = bits});
    alone.adapt(values, 0);
    EXPECT_EQ(alone.encode(values).at(name), encoded.at(name)) << name;
    EXPECT_TRUE(same_bits(alone.quantize(values, 0).at(name), mixed.quantize(values, 0).at(name)));
  }
}

TEST(Quantizer, TakesItsOwnBitsForMatricesWithoutAName) {
  const ParameterMap values = normal_parameters(1);
  const auto encoded = Quantizer({.bits = "2"}, 0, {{"weight", 5}}).encode(values);
  EXPECT_EQ(encoded.at("ctx").bits, 2);
  EXPECT_EQ(encoded.at("weight").bits, 5);
}

TEST(Quantizer, NamesTheMatrixWhoseBitsAreNotSaid) {
  Quantizer quantizer({.bits = "projection=4"}, 0, {{"weight", 4}});
  EXPECT_THAT([&] { quantizer.adapt(normal_parameters(1), 0); },
              ThrowsMessage<Error>(HasSubstr("'ctx'")));
}

TEST(Quantizer, RefusesBitsThatAreNotChosenYet) {
  EXPECT_THROW(Quantizer({.bits = "auto"}), Error);
  EXPECT_THROW(Quantizer({.bits = "ctx=1,projection=auto"}), Error);
  EXPECT_THROW(Quantizer({}, 0, {{"w", 0}}), Error);
  const QuantizerConfig none{.kind = QuantizerKind::kNone, .bits = "auto"};
  EXPECT_NO_THROW(Quantizer(none, 0, {{"w", 0}}));
}

TEST(EncodedMatrix, CountsCodesAndCodebook) {
  Quantizer quantizer({.bits = "1"});
  const ParameterMap values{{"ctx", Random(1).normal_matrix(4, 512, 0.02)}};
  quantizer.adapt(values, 0);
  EXPECT_EQ(payload_size(quantizer.encode(values).at("ctx")), 260u);
}

TEST(EncodedMatrix, RefusesSizesThatContradictEachOther) {
  const EncodedMatrix good{
      .rows = 2, .cols = 4, .bits = 1, .codebook = {0, 1}, .codes = {std::byte{}}};
  EXPECT_NO_THROW(decode(good));
  EncodedMatrix bad = good;
  bad.rows = 3;
  EXPECT_THROW(decode(bad), Error);
  bad = good;
  bad.codebook.pop_back();
  EXPECT_THROW(decode(bad), Error);
  bad = good;
  bad.bits = 9;
  EXPECT_THROW(decode(bad), Error);
}

}  // namespace
}  // namespace qprompt

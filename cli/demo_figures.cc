#include "cli/demo_figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "qprompt/core/half.h"
#include "qprompt/quant/bit_packing.h"

namespace qprompt::cli {
namespace {

using report::Cell;
using report::Column;
using report::Figure;

constexpr std::size_t kBins = 48;

std::vector<float> codebook_values(const EncodedMatrix& encoded) {
  std::vector<float> values;
  for (const std::uint16_t bits : encoded.codebook) values.push_back(half_value(bits));
  return values;
}

std::vector<std::uint8_t> codes_of(const EncodedMatrix& encoded) {
  return unpack_codes(encoded.codes, static_cast<std::size_t>(encoded.rows * encoded.cols),
                      encoded.bits);
}

// Bins over the values and the codebook's.
struct Bins {
  double low = 0, high = 0;
  std::vector<int> counts;

  double width() const { return (high - low) / static_cast<double>(counts.size()); }
};

Bins bins_of(std::span<const float> values, std::span<const float> also) {
  const auto [least, most] = std::ranges::minmax(values);
  Bins bins{least, most, std::vector<int>(kBins)};
  for (const float value : also) {
    bins.low = std::min<double>(bins.low, value);
    bins.high = std::max<double>(bins.high, value);
  }
  bins.high = std::max(bins.high, bins.low + 1e-9);
  for (const float value : values) {
    const auto bin = static_cast<std::size_t>((value - bins.low) / bins.width());
    ++bins.counts[std::min(bin, kBins - 1)];
  }
  return bins;
}

}  // namespace

Figure score_figure(std::span<const ClassScore> scores, const std::string& true_class) {
  Figure figure = Figure::of("demo", "scores", "Probabilities, %");
  figure.kind = "bars";
  figure.channels = {{"x", "probability"}, {"y", "class"}, {"series", "is it"}};
  figure.data.columns = {
      Column::of_text("class"), {"probability", true, 1}, Column::of_text("is it")};
  for (const ClassScore& score : scores) {
    figure.data.rows.push_back({score.class_name, 100.0 * score.probability,
                                score.class_name == true_class ? "the true class" : "another"});
  }
  return figure;
}

std::vector<int> code_counts(const EncodedMatrix& encoded) {
  std::vector<int> counts(encoded.codebook.size());
  for (const std::uint8_t code : codes_of(encoded)) ++counts[code];
  return counts;
}

Figure value_figure(std::span<const float> values, const EncodedMatrix* encoded) {
  Figure figure =
      Figure::of("demo", "values", fmt::format("CoOp in full precision: {} values", values.size()));
  if (encoded != nullptr) figure.caption = "Lines: the codebook of the tuned prompt.";
  figure.kind = "histogram";
  figure.channels = {{"low", "from"}, {"high", "to"}, {"y", "values"}, {"mark", "in the codebook"}};
  figure.data.columns = {{"from", true, 4},
                         {"to", true, 4},
                         Column::of_count("values"),
                         Column::of_text("in the codebook")};
  const std::vector<float> lines =
      encoded == nullptr ? std::vector<float>() : codebook_values(*encoded);
  const Bins bins = bins_of(values, lines);
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    const double low = bins.low + bins.width() * static_cast<double>(i);
    figure.data.rows.push_back({low, low + bins.width(), double(bins.counts[i]), "no"});
  }
  for (const double value : lines) figure.data.rows.push_back({value, value, Cell(), "yes"});
  return figure;
}

Figure code_figure(const EncodedMatrix& encoded) {
  constexpr Index kBand = 32;
  Figure figure = Figure::of(
      "demo", "codes", fmt::format("Tuned: {} bits", encoded.rows * encoded.cols * encoded.bits));
  figure.caption = "A vector is a band of several rows; the darker a cell, the larger its value.";
  figure.kind = "heatmap";
  figure.channels = {{"x", "place"}, {"y", "vector"}, {"value", "code"}, {"square", "no"}};
  figure.data.columns = {Column::of_text("vector"), Column::of_count("place"),
                         Column::of_count("code")};
  const std::vector<std::uint8_t> codes = codes_of(encoded);
  for (Index row = 0; row < encoded.rows; ++row) {
    for (Index col = 0; col < encoded.cols; ++col) {
      figure.data.rows.push_back(
          {fmt::format("{}, from {}", row + 1, col / kBand * kBand), double(col % kBand),
           double(codes[static_cast<std::size_t>(row * encoded.cols + col)])});
    }
  }
  return figure;
}

}  // namespace qprompt::cli

#include "cli/demo_charts.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/html.h"
#include "qprompt/core/half.h"
#include "qprompt/quant/bit_packing.h"

namespace qprompt::cli {
namespace {

std::string svg(double width, double height, const std::string& title, const std::string& content) {
  return fmt::format("<svg viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
                     width, height, escape_html(title), content);
}

std::string bar(double x, double y, double width, double height, const std::string& style) {
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\"/>\n", style,
      x, y, width, height);
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format(
      "<line class=\"{}\" x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\"/>\n", style, x1,
      y1, x2, y2);
}

std::string label(double x, double y, const std::string& style, const std::string& text) {
  return fmt::format("<text class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\">{}</text>\n", style, x, y,
                     escape_html(text));
}

// Where the accuracy chart draws what.
constexpr double kChartWidth = 900, kBarsFrom = 210, kBarsTo = 800;
constexpr double kBarHeight = 18, kBarStep = 23, kGroupGap = 20;

double across(double fraction) { return kBarsFrom + fraction * (kBarsTo - kBarsFrom); }

std::string accuracy_bar(const BaseToNewRow& row, const MeanAndDeviation& value, double y) {
  const double middle = y + kBarHeight / 2, text_y = y + 13.5, spread = value.deviation;
  std::string text = label(kBarsFrom - 10, text_y, "right", method_title(row.method)) +
                     bar(kBarsFrom, y, across(value.mean) - kBarsFrom, kBarHeight, row.method);
  std::string number = fmt::format("{:.1f}", 100 * value.mean);
  if (row.runs > 1) {
    text +=
        line(across(value.mean - spread), middle, across(value.mean + spread), middle, "spread");
    number += fmt::format(" ± {:.1f}", 100 * spread);
  }
  return text + label(across(std::min(value.mean + spread, 1.0)) + 8, text_y, "value", number);
}

std::string scale_lines(double height) {
  std::string text;
  for (int percent = 0; percent <= 100; percent += 25) {
    text += line(across(percent / 100.0), 16, across(percent / 100.0), height, "grid");
    text += label(across(percent / 100.0), 10, "tick", fmt::format("{} %", percent));
  }
  return text;
}

// The histogram's bins over the values and the codebook's.
struct Bins {
  double low = 0, high = 0;
  std::vector<int> counts;

  double width() const { return (high - low) / static_cast<double>(counts.size()); }
};

Bins bins_of(std::span<const float> values, std::span<const float> also, std::size_t count) {
  const auto [least, most] = std::ranges::minmax(values);
  Bins bins{std::min(least, std::ranges::min(also)), std::max(most, std::ranges::max(also)),
            std::vector<int>(count)};
  bins.high = std::max(bins.high, bins.low + 1e-9);
  for (const float value : values) {
    const auto bin = static_cast<std::size_t>((value - bins.low) / bins.width());
    ++bins.counts[std::min(bin, count - 1)];
  }
  return bins;
}

std::vector<float> codebook_values(const EncodedMatrix& encoded) {
  std::vector<float> values;
  for (const std::uint16_t bits : encoded.codebook) values.push_back(half_value(bits));
  return values;
}

std::vector<std::uint8_t> codes_of(const EncodedMatrix& encoded) {
  return unpack_codes(encoded.codes, static_cast<std::size_t>(encoded.rows * encoded.cols),
                      encoded.bits);
}

}  // namespace

std::string method_title(const std::string& method) {
  if (method == "zeroshot") return "zero-shot";
  if (method == "coop") return "CoOp";
  if (method == "qcoop") return "QCoOp, 1 bit";
  return method;
}

std::string accuracy_chart(std::span<const BaseToNewRow> rows) {
  struct Group {
    const char* title;
    MeanAndDeviation BaseToNewRow::*value;
  };
  const Group groups[] = {{"Base classes", &BaseToNewRow::base},
                          {"New classes", &BaseToNewRow::novel},
                          {"Harmonic mean, H", &BaseToNewRow::harmonic}};
  std::string bars;
  double y = 24;
  for (const Group& group : groups) {
    bars += label(0, y + 13.5, "group", group.title);
    for (const BaseToNewRow& row : rows) {
      bars += accuracy_bar(row, row.*group.value, y);
      y += kBarStep;
    }
    y += kGroupGap;
  }
  y -= kGroupGap;
  return svg(kChartWidth, y, "Accuracy of every method", scale_lines(y) + bars);
}

std::string score_chart(std::span<const ClassScore> scores, const std::string& true_class) {
  constexpr double kFrom = 172, kLength = 130, kStep = 24;
  std::string bars;
  double y = 2;
  for (const ClassScore& score : scores) {
    const bool is_true = score.class_name == true_class;
    bars += label(kFrom - 8, y + 13, is_true ? "right true" : "right", score.class_name);
    bars += bar(kFrom, y, kLength, 17, "empty");
    bars += bar(kFrom, y, kLength * score.probability, 17, is_true ? "qcoop" : "zeroshot");
    bars += label(kFrom + kLength + 8, y + 13, "value",
                  fmt::format("{:.1f} %", 100 * score.probability));
    y += kStep;
  }
  return svg(360, y, "Probabilities", bars);
}

std::vector<int> code_counts(const EncodedMatrix& encoded) {
  std::vector<int> counts(encoded.codebook.size());
  for (const std::uint8_t code : codes_of(encoded)) ++counts[code];
  return counts;
}

std::string value_chart(std::span<const float> values, const EncodedMatrix& encoded) {
  constexpr double kWidth = 440, kTop = 22, kBottom = 226;
  const std::vector<float> lines = codebook_values(encoded);
  const Bins bins = bins_of(values, lines, 48);
  const double tallest = std::ranges::max(bins.counts), step = kWidth / 48;
  const auto x_of = [&](double v) { return kWidth * (v - bins.low) / (bins.high - bins.low); };
  std::string content;
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    const double height = (kBottom - kTop) * bins.counts[i] / tallest;
    content += bar(static_cast<double>(i) * step + 0.5, kBottom - height, step - 1, height, "coop");
  }
  content += line(0, kBottom, kWidth, kBottom, "axis");
  for (const float value : lines) {
    content += line(x_of(value), kTop - 4, x_of(value), kBottom, "centroid");
    content += label(x_of(value), 12, "middle true", fmt::format("{:.4f}", value));
  }
  content += label(0, kBottom + 16, "quiet", fmt::format("{:.3f}", bins.low));
  content += label(kWidth, kBottom + 16, "quiet right", fmt::format("{:.3f}", bins.high));
  return svg(kWidth, kBottom + 20, "Histogram of the learned values", content);
}

std::string code_grid(const EncodedMatrix& encoded) {
  constexpr Index kColumns = 32;
  constexpr double kCell = 12, kBandGap = 10;
  const std::vector<std::uint8_t> codes = codes_of(encoded);
  const double darkest = static_cast<double>(encoded.codebook.size() - 1);
  const Index lines_of_row = (encoded.cols + kColumns - 1) / kColumns;
  const double band = static_cast<double>(lines_of_row) * kCell + kBandGap;
  std::string cells;
  for (Index row = 0; row < encoded.rows; ++row) {
    const double top = static_cast<double>(row) * band;
    cells += bar(0, top, kCell * kColumns, band - kBandGap, "empty");
    for (Index col = 0; col < encoded.cols; ++col) {
      const Index line = col / kColumns;
      const int code = codes[static_cast<std::size_t>(row * encoded.cols + col)];
      if (code == 0) continue;
      cells += fmt::format(
          "<rect x=\"{:g}\" y=\"{:g}\" width=\"11\" height=\"11\" fill-opacity=\"{:.2g}\"/>\n",
          kCell * static_cast<double>(col % kColumns), top + kCell * static_cast<double>(line),
          code / darkest);
    }
  }
  return svg(kCell * kColumns, static_cast<double>(encoded.rows) * band - kBandGap,
             "Every bit of the prompt", "<g class=\"qcoop\">" + cells + "</g>\n");
}

}  // namespace qprompt::cli

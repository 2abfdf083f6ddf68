#pragma once

#include <string>

#include "qprompt/data/image.h"

namespace qprompt::testing {

// Every pixel another colour, smooth enough for lossy formats.
Image gradient(int width, int height);
Image constant(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue);

// Image files in memory, as text: made by the libraries, or byte by byte for BMP.
enum class JpegKind { kBaseline, kProgressive, kGray, kAdobeCmyk };
std::string jpeg_file(const Image& image, JpegKind kind = JpegKind::kBaseline);
std::string webp_file(const Image& image);  // lossless
std::string bmp_file(const Image& image);   // 24 bit, bottom row first

// A PNG of one row with these raw samples.
struct PngKind {
  int color_type = 0;  // PNG_COLOR_TYPE_...
  int bit_depth = 8;
};
std::string png_row_file(int width, const PngKind& kind, const std::string& samples,
                         const std::string& palette = "");

Image decode(const std::string& file, const std::string& name = "image");

}  // namespace qprompt::testing

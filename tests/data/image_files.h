#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  int significant_bits = 0;  // of gray, where the file is to say so
};
std::string png_row_file(int width, const PngKind& kind, const std::string& samples,
                         const std::string& palette = "");
std::string png_file(const Image& image);

// A TIFF with these raw samples: rows, or the rows of one plane after the other, or one tile.
struct TiffKind {
  int photometric = 2;  // PHOTOMETRIC_...: RGB
  int bits = 8, samples = 3;
  int compression = 1;  // COMPRESSION_NONE
  bool planar = false, tiled = false;
  int orientation = 1;
  int alpha = -1;  // EXTRASAMPLE_... of the last sample
  int sample_format = 1, subfile = 0;
  bool dng = false;  // says that it is a camera's raw
};
std::string tiff_file(int width, int height, const TiffKind& kind, const std::string& samples,
                      const std::vector<std::uint16_t>& colour_map = {});

// A GIF of one frame on a screen; the palette's colours are (i, 2i, 3i) times 10 for i < 4.
struct GifKind {
  int screen_width = 0, screen_height = 0;
  int left = 0, top = 0;
  bool interlaced = false, local_palette = false;
  int transparent = -1;
};
std::string gif_file(int width, int height, const GifKind& kind, const std::string& indices);

Image decode(const std::string& file, const std::string& name = "image");

}  // namespace qprompt::testing

#include <algorithm>
#include <array>
#include <cstring>

#include "qprompt/core/error.h"
#include "qprompt/data/image_exif.h"
#include "qprompt/data/image_gray16.h"
#include "qprompt/data/image_tiff_file.h"

namespace qprompt {
namespace {

enum class TiffColour { kGray, kPalette, kRgb, kCmyk };

// How pixels are stored.
struct TiffLayout {
  TiffColour colour = TiffColour::kGray;
  int bits = 8;
  std::int64_t samples = 1;  // of a pixel: its colour's, then alpha and others
  bool planar = false;       // a plane for each sample
  bool inverted = false;     // 0 is white
  bool premultiplied = false;

  // Those that the conversion looks at.
  std::int64_t channels() const {
    const int of_colour = colour == TiffColour::kRgb ? 3 : colour == TiffColour::kCmyk ? 4 : 1;
    return premultiplied ? of_colour + 1 : of_colour;
  }
  bool is_gray_16() const { return colour == TiffColour::kGray && bits == 16; }
};

TiffColour colour_of(int photometric, const ImageFile& file) {
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      return TiffColour::kGray;
    case PHOTOMETRIC_PALETTE:
      return TiffColour::kPalette;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR:
      return TiffColour::kRgb;  // which JPEG gives as RGB
    case PHOTOMETRIC_SEPARATED:
      return TiffColour::kCmyk;
    default:
      fail(file.name, ": a TIFF of photometric kind ", photometric,
           ", expected gray, palette, RGB, YCbCr or CMYK");
  }
}

TiffLayout layout_of(const TiffFile& tiff, const ImageFile& file) {
  TiffLayout layout;
  const int photometric = tiff.number(TIFFTAG_PHOTOMETRIC, std::uint16_t{PHOTOMETRIC_MINISBLACK});
  layout.colour = colour_of(photometric, file);
  layout.inverted = photometric == PHOTOMETRIC_MINISWHITE;
  layout.bits = tiff.number(TIFFTAG_BITSPERSAMPLE, std::uint16_t{1});
  layout.samples = tiff.number(TIFFTAG_SAMPLESPERPIXEL, std::uint16_t{1});
  layout.planar =
      tiff.number(TIFFTAG_PLANARCONFIG, std::uint16_t{PLANARCONFIG_CONTIG}) != PLANARCONFIG_CONTIG;
  layout.premultiplied = layout.colour == TiffColour::kRgb && tiff.has_premultiplied_alpha();
  const int format = tiff.number(TIFFTAG_SAMPLEFORMAT, std::uint16_t{SAMPLEFORMAT_UINT});
  require(format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID, file.name,
          ": a TIFF of signed or floating-point samples, expected unsigned integers");
  const bool few_bits = layout.bits == 1 || layout.bits == 2 || layout.bits == 4;
  require(layout.bits == 8 || (layout.bits == 16 && layout.colour != TiffColour::kPalette) ||
              (few_bits && layout.channels() == 1),
          file.name, ": a TIFF of ", layout.bits, " bits a sample, expected 8 or 16",
          " (gray and palettes: 1, 2 or 4 too)");
  constexpr int kMostSamples = 6;  // PIL's
  require(layout.channels() <= layout.samples && layout.samples <= kMostSamples, file.name,
          ": a TIFF of ", layout.samples, " samples a pixel, expected ", layout.channels(), " to ",
          kMostSamples);
  return layout;
}

using TiffPalette = std::vector<std::array<std::uint8_t, 3>>;

// Entries have 16 bits, but in old files 8.
TiffPalette palette_of(const TiffFile& tiff, const TiffLayout& layout) {
  if (layout.colour != TiffColour::kPalette) return {};
  const auto map = tiff.colour_map();
  TiffPalette palette(std::size_t{1} << layout.bits);
  const bool wide = std::ranges::any_of(map, [&](const std::uint16_t* entries) {
    return std::any_of(entries, entries + palette.size(), [](int value) { return value > 255; });
  });
  for (std::size_t i = 0; i < palette.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      palette[i][c] = static_cast<std::uint8_t>(wide ? map[c][i] >> 8 : map[c][i]);
    }
  }
  return palette;
}

class TiffDecoder {
 public:
  TiffDecoder(TiffFile& tiff, const ImageFile& file)
      : tiff_(tiff),
        file_(file),
        layout_(layout_of(tiff, file)),
        palette_(palette_of(tiff, layout_)),
        blocks_(tiff.blocks()) {}

  void read(Image& image) {
    const std::int64_t plane_count = layout_.planar ? layout_.channels() : 1;
    Planes planes(static_cast<std::size_t>(plane_count));
    for (auto& plane : planes) plane.resize(blocks_.height * blocks_.row_bytes);
    for (std::int64_t b = 0; b < blocks_.count; ++b) {
      file_.check_stop();
      const std::int64_t top = b / blocks_.across * blocks_.height;
      const std::int64_t rows = std::min(blocks_.height, image.height - top);
      for (std::int64_t p = 0; p < plane_count; ++p) {
        tiff_.read_block(p * blocks_.count + b, rows, planes[p]);
      }
      const std::int64_t left = b % blocks_.across * blocks_.width;
      for (std::int64_t y = 0; y < rows; ++y) put_row(planes, y, image, left, top + y);
    }
    finish(image);
  }

 private:
  using Planes = std::vector<std::vector<std::uint8_t>>;

  void put_row(const Planes& planes, std::int64_t block_row, Image& image, std::int64_t left,
               std::int64_t y) const {
    std::uint8_t* const row = image.pixels.data() + std::int64_t{3} * image.width * y;
    const std::int64_t end = std::min<std::int64_t>(image.width, left + blocks_.width);
    std::array<std::uint16_t, 5> samples{};
    for (std::int64_t x = left; x < end; ++x) {
      for (std::int64_t c = 0; c < layout_.channels(); ++c) {
        const std::uint8_t* const from =
            planes[layout_.planar ? c : 0].data() + block_row * blocks_.row_bytes;
        samples[c] = sample(from, layout_.planar ? x - left : (x - left) * layout_.samples + c);
      }
      if (layout_.is_gray_16()) {  // until all of them are known
        std::memcpy(row + 2 * x, samples.data(), 2);
      } else {
        put_pixel(samples, row + 3 * x);
      }
    }
  }

  std::uint16_t sample(const std::uint8_t* row, std::int64_t i) const {
    std::uint16_t value = 0;
    if (layout_.bits == 16) {
      std::memcpy(&value, row + 2 * i, 2);
      return value;
    }
    const std::int64_t bit = i * layout_.bits;
    const int shift = 8 - layout_.bits - static_cast<int>(bit % 8);
    return static_cast<std::uint16_t>(row[bit / 8] >> shift & ((1 << layout_.bits) - 1));
  }

  std::uint8_t byte(std::uint16_t sample) const {
    return static_cast<std::uint8_t>(layout_.bits == 16 ? sample >> 8
                                                        : sample * 255 / ((1 << layout_.bits) - 1));
  }

  void put_pixel(const std::array<std::uint16_t, 5>& samples, std::uint8_t* rgb) const {
    std::array<std::uint8_t, 5> bytes{};
    std::ranges::transform(samples, bytes.begin(), [this](std::uint16_t s) { return byte(s); });
    switch (layout_.colour) {
      case TiffColour::kGray:
        std::fill_n(rgb, 3, bytes[0]);
        break;
      case TiffColour::kPalette:
        std::ranges::copy(palette_[samples[0]], rgb);
        break;
      case TiffColour::kCmyk:
        cmyk_to_rgb(std::span(bytes).first(4), {rgb, 3});
        break;
      case TiffColour::kRgb:
        std::copy_n(bytes.begin(), 3, rgb);
        if (layout_.premultiplied) divide({rgb, 3}, bytes[3]);
    }
  }

  // As PIL undoes the multiplication by alpha.
  static void divide(std::span<std::uint8_t> rgb, int alpha) {
    if (alpha == 0) return;
    for (std::uint8_t& value : rgb) {
      value = static_cast<std::uint8_t>(std::min(255, value * 255 / alpha));
    }
  }

  void finish(Image& image) const {
    if (layout_.is_gray_16()) gray_16_to_rgb(file_, image, 0);
    if (layout_.bits == 16 && layout_.colour == TiffColour::kRgb)
      tell_of_dark_colour_16(file_, image);
    if (!layout_.inverted) return;
    for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
  }

  TiffFile& tiff_;
  const ImageFile& file_;
  TiffLayout layout_;
  TiffPalette palette_;
  TiffFile::Blocks blocks_;
};

// Cameras build their raw files as TIFFs whose first page is a small preview.
void refuse_raw(const TiffFile& tiff, const ImageFile& file) {
  constexpr int kColourFilterArray = 32803, kLinearRaw = 34892;
  const int photometric = tiff.number(TIFFTAG_PHOTOMETRIC, std::uint16_t{0});
  require(!tiff.is_dng() && photometric != kColourFilterArray && photometric != kLinearRaw,
          file.name, ": a camera raw, expected a picture developed from it");
  const auto kind = tiff.number(TIFFTAG_SUBFILETYPE, std::uint32_t{0});
  require((kind & FILETYPE_REDUCEDIMAGE) == 0, file.name,
          ": a TIFF whose first page is a thumbnail (a camera raw?), expected the picture itself");
}

}  // namespace

Image decode_tiff(const ImageFile& file) {
  TiffFile tiff(file);
  refuse_raw(tiff, file);
  Image image = allocate_image(file, tiff.width(), tiff.height(), kPixelsOfAByte);
  const int compression = tiff.number(TIFFTAG_COMPRESSION, std::uint16_t{COMPRESSION_NONE});
  const bool is_ycbcr = tiff.number(TIFFTAG_PHOTOMETRIC, std::uint16_t{0}) == PHOTOMETRIC_YCBCR;
  const int orientation = tiff.number(TIFFTAG_ORIENTATION, std::uint16_t{ORIENTATION_TOPLEFT});
  if (is_ycbcr && compression != COMPRESSION_JPEG) {
    tiff.read_rgb(image);
  } else {
    if (is_ycbcr) tiff.let_jpeg_give_rgb();
    TiffDecoder(tiff, file).read(image);
  }
  return orientation >= 2 && orientation <= 8 ? upright(image, orientation) : image;
}

}  // namespace qprompt

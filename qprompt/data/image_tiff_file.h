#pragma once

#include <tiffio.h>

#include <array>
#include <cstdarg>
#include <memory>
#include <string>
#include <vector>

#include "qprompt/data/image_codecs.h"

namespace qprompt {

// The first page of a TIFF in memory, as libtiff sees it. Errors of libtiff are Errors here.
class TiffFile {
 public:
  explicit TiffFile(const ImageFile& file);

  std::int64_t width() const { return number<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0); }
  std::int64_t height() const { return number<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0); }

  // The value of a tag, or its default, or `otherwise`.
  template <typename Number = std::uint16_t>
  Number number(std::uint32_t tag, Number otherwise) const {
    Number value = otherwise;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : otherwise;
  }
  bool is_dng() const;
  bool has_premultiplied_alpha() const;
  // Red, green and blue of each index; throws where there is none.
  std::array<const std::uint16_t*, 3> colour_map() const;

  // JPEG's own colours are converted as the pixels are read.
  void let_jpeg_give_rgb();

  // Strips or tiles: rectangles in rows from the top, as large as the picture at most or, for
  // tiles, beyond its edges.
  struct Blocks {
    std::int64_t width = 0, height = 0;
    std::int64_t across = 0, count = 0;  // in one plane
    std::int64_t row_bytes = 0;
  };
  Blocks blocks() const;
  // `rows` rows of a block.
  void read_block(std::int64_t index, std::int64_t rows, std::vector<std::uint8_t>& bytes);

  // libtiff's own conversion, without alpha, for what is seldom.
  void read_rgb(Image& image);

 private:
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  static int on_error(TIFF* tiff, void* self, const char* module, const char* format,
                      std::va_list values);
  static tmsize_t on_read(thandle_t self, void* out, tmsize_t size);
  static toff_t on_seek(thandle_t self, toff_t offset, int from);
  static toff_t on_size(thandle_t self);

  [[noreturn]] void fail_with_message() const;

  const ImageFile& file_;
  std::size_t place_ = 0;
  std::string message_;  // the first complaint
  std::unique_ptr<TIFF, Close> tiff_;
};

}  // namespace qprompt

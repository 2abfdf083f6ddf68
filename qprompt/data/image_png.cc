#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/image_codecs.h"

namespace qprompt {
namespace {

class PngDecoder {
 public:
  PngDecoder(std::span<const std::byte> bytes, const std::string& name)
      : name_(name), bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    require(info_ != nullptr, name, ": libpng cannot start");
    png_set_read_fn(png_, this, on_read);
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  void read_header() {
    attempt([&] { png_read_info(png_, info_); });
  }
  std::int64_t width() const { return png_get_image_width(png_, info_); }
  std::int64_t height() const { return png_get_image_height(png_, info_); }

  void convert_to_rgb() {
    attempt([&] {
      png_set_strip_16(png_);
      png_set_palette_to_rgb(png_);
      if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY) {
        png_set_expand_gray_1_2_4_to_8(png_);
      }
      png_set_gray_to_rgb(png_);
      png_set_strip_alpha(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }
  std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

  void read_rows(std::span<png_bytep> rows) {
    attempt([&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
  }

 private:
  // libpng reports errors by a long jump out of `calls`, which must therefore own nothing.
  template <typename Calls>
  void attempt(const Calls& calls) {
    if (setjmp(png_jmpbuf(png_)) != 0) fail(name_, ": damaged PNG: ", message_);
    calls();
  }

  static void on_error(png_structp png, png_const_charp message) {
    auto* decoder = static_cast<PngDecoder*>(png_get_error_ptr(png));
    std::strncpy(decoder->message_, message, sizeof decoder->message_ - 1);
    png_longjmp(png, 1);
  }

  static void on_warning(png_structp, png_const_charp) {}  // PIL is silent about these too

  static void on_read(png_structp png, png_bytep out, std::size_t size) {
    auto* decoder = static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (size > decoder->bytes_.size()) png_error(png, "the file ends too early");
    std::memcpy(out, decoder->bytes_.data(), size);
    decoder->bytes_ = decoder->bytes_.subspan(size);
  }

  const std::string& name_;
  std::span<const std::byte> bytes_;  // what is still to be read
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = "";
};

}  // namespace

Image decode_png(std::span<const std::byte> bytes, const std::string& name) {
  PngDecoder decoder(bytes, name);
  decoder.read_header();
  // Deflate packs at most 1032 bytes into one, and a byte holds at most eight pixels.
  constexpr std::int64_t kMostPixels = std::int64_t{8} * 1032;  // of a byte
  require(decoder.height() <= kMostPixels * std::ssize(bytes) / decoder.width(), name,
          ": damaged PNG: ", decoder.width(), "x", decoder.height(), " pixels in ", bytes.size(),
          " bytes");
  Image image = allocate_image(decoder.width(), decoder.height(), name);
  decoder.convert_to_rgb();
  const std::size_t row_bytes = 3 * static_cast<std::size_t>(image.width);
  require(decoder.row_bytes() == row_bytes, name, ": PNG rows of ", decoder.row_bytes(),
          " bytes, expected ", row_bytes);
  std::vector<png_bytep> rows(static_cast<std::size_t>(image.height));
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = image.pixels.data() + y * row_bytes;
  decoder.read_rows(rows);
  return image;
}

void write_png(const std::filesystem::path& path, const Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.format = PNG_FORMAT_RGB;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  require(image.pixels.size() == std::size_t{3} * header.width * header.height,
          "write_png: ", image.pixels.size(), " bytes for ", image.width, "x", image.height,
          " pixels");
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::byte> file(size);
  const int written =
      png_image_write_to_memory(&header, file.data(), &size, 0, image.pixels.data(), 0, nullptr);
  require(written != 0, path.string(), ": cannot encode PNG: ", header.message);
  write_file(path, std::span<const std::byte>(file).first(size));
}

}  // namespace qprompt

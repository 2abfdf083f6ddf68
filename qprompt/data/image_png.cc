#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string_view>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/image_codecs.h"
#include "qprompt/data/image_gray16.h"

namespace qprompt {
namespace {

// What libpng says where memory is lacking: it has no codes.
bool says_out_of_memory(std::string_view message) {
  return message == "Out of memory" || message.ends_with("insufficient memory");
}

class PngDecoder {
 public:
  // libpng asks for up to `read_ahead` bytes of compressed pixels at once.
  PngDecoder(const ImageFile& file, std::size_t read_ahead) : file_(file), bytes_(file.bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, on_read);
    png_set_compression_buffer_size(png_, read_ahead);
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  void read_header() {
    attempt([&] { png_read_info(png_, info_); });
    // PIL looks at no checksum of the chunks that hold the pixels: deflate has its own.
    png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  }
  std::int64_t width() const { return png_get_image_width(png_, info_); }
  std::int64_t height() const { return png_get_image_height(png_, info_); }
  bool is_gray_16() const {
    return png_get_bit_depth(png_, info_) == 16 &&
           (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) == 0;
  }
  bool is_colour_16() const { return png_get_bit_depth(png_, info_) == 16 && !is_gray_16(); }

  // 0 where the file does not say.
  int significant_gray_bits() const {
    png_color_8p bits = nullptr;
    return png_get_sBIT(png_, info_, &bits) != 0 ? bits->gray : 0;
  }

  void convert_to_gray_16() {
    attempt([&] {
      if constexpr (std::endian::native == std::endian::little) png_set_swap(png_);
      png_set_strip_alpha(png_);
      update();
    });
  }
  void convert_to_rgb() {
    attempt([&] {
      png_set_strip_16(png_);
      png_set_palette_to_rgb(png_);
      if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY) {
        png_set_expand_gray_1_2_4_to_8(png_);
      }
      png_set_gray_to_rgb(png_);
      png_set_strip_alpha(png_);
      update();
    });
  }
  std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }

  void read_rows(Image& image) {
    const std::size_t room = 3 * static_cast<std::size_t>(image.width);
    attempt([&] {
      for (int pass = 0; pass < passes_; ++pass) {
        for (int y = 0; y < image.height; ++y) {
          file_.check_stop();
          png_read_row(png_, image.pixels.data() + room * static_cast<std::size_t>(y), nullptr);
        }
      }
    });
  }
  bool ended_early() const { return ended_early_; }

 private:
  void update() {
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
  }

  // libpng reports errors by a long jump out of `calls`, which must therefore own nothing.
  template <typename Calls>
  void attempt(const Calls& calls) {
    if (setjmp(png_jmpbuf(png_)) == 0) return calls();
    if (has_all_rows()) return;
    if (says_out_of_memory(message_)) throw std::bad_alloc();
    fail(file_.name, ": damaged PNG: ", message_);
  }

  // What comes behind the pixels is nobody's business, though libpng goes on reading.
  bool has_all_rows() const {
    if (!ended_early_ || height() == 0) return false;  // 0: not even a header
    return passes_ > 1 ? png_get_current_pass_number(png_) >= 7
                       : png_get_current_row_number(png_) >= height();
  }

  static void on_error(png_structp png, png_const_charp message) {
    auto* decoder = static_cast<PngDecoder*>(png_get_error_ptr(png));
    std::strncpy(decoder->message_, message, sizeof decoder->message_ - 1);
    png_longjmp(png, 1);
  }

  // PIL is silent about these too, but not about pixels that do not match their checksum.
  static void on_warning(png_structp png, png_const_charp message) {
    if (std::string_view(message).ends_with("incorrect data check")) png_error(png, message);
  }

  static void on_read(png_structp png, png_bytep out, std::size_t size) {
    auto* decoder = static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (size > decoder->bytes_.size()) {
      decoder->ended_early_ = true;
      png_error(png, "the file ends too early");
    }
    std::memcpy(out, decoder->bytes_.data(), size);
    decoder->bytes_ = decoder->bytes_.subspan(size);
  }

  const ImageFile& file_;
  std::span<const std::byte> bytes_;  // what is still to be read
  bool ended_early_ = false;
  int passes_ = 1;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = "";
};

void require_row_bytes(const PngDecoder& decoder, std::size_t expected, const ImageFile& file) {
  require(decoder.row_bytes() == expected, file.name, ": PNG rows of ", decoder.row_bytes(),
          " bytes, expected ", expected);
}

void read_gray_16(PngDecoder& decoder, const ImageFile& file, Image& image) {
  decoder.convert_to_gray_16();
  require_row_bytes(decoder, 2 * static_cast<std::size_t>(image.width), file);
  decoder.read_rows(image);
  gray_16_to_rgb(file, image, decoder.significant_gray_bits());
}

void read_rgb(PngDecoder& decoder, const ImageFile& file, Image& image) {
  const bool is_colour_16 = decoder.is_colour_16();
  decoder.convert_to_rgb();
  require_row_bytes(decoder, 3 * static_cast<std::size_t>(image.width), file);
  decoder.read_rows(image);
  if (is_colour_16) tell_of_dark_colour_16(file, image);
}

Image decode(PngDecoder& decoder, const ImageFile& file) {
  decoder.read_header();
  // Deflate packs at most 1032 bytes into one, and a byte holds at most eight pixels.
  constexpr std::int64_t kPngPixelsOfAByte = std::int64_t{8} * 1032;
  Image image = allocate_image(file, decoder.width(), decoder.height(), kPngPixelsOfAByte);
  decoder.is_gray_16() ? read_gray_16(decoder, file, image) : read_rgb(decoder, file, image);
  return image;
}

}  // namespace

Image decode_png(const ImageFile& file) {
  constexpr std::size_t kUsual = 8192;
  PngDecoder decoder(file, kUsual);
  try {
    return decode(decoder, file);
  } catch (const Error&) {
    if (!decoder.ended_early()) throw;
  }
  // All rows may be there where only what comes behind them is cut: slowly, byte by byte.
  PngDecoder careful(file, 1);
  return decode(careful, file);
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

#include "tests/data/image_files.h"

#include <cstdio>
#include <cstdlib>
// After <cstdio>: jpeglib.h needs FILE.
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace qprompt::testing {
namespace {

// The rows as the JPEG kind stores them.
std::string samples_of(const Image& image, JpegKind kind) {
  std::string samples;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    for (int c = 0; c < (kind == JpegKind::kGray ? 1 : 3); ++c) {
      samples += static_cast<char>(image.pixels[i + c]);
    }
    if (kind == JpegKind::kAdobeCmyk) samples += static_cast<char>(255);  // no black ink
  }
  return samples;
}

void little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
}

void append_png(png_structp png, png_bytep data, std::size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), size);
}

}  // namespace

Image gradient(int width, int height) {
  Image image{.width = width, .height = height};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<std::uint8_t>(x * 255 / width));
      image.pixels.push_back(static_cast<std::uint8_t>(y * 255 / height));
      image.pixels.push_back(static_cast<std::uint8_t>((x + y) * 255 / (width + height)));
    }
  }
  return image;
}

Image constant(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Image image{.width = width, .height = height};
  for (int i = 0; i < width * height; ++i) {
    image.pixels.insert(image.pixels.end(), {red, green, blue});
  }
  return image;
}

std::string jpeg_file(const Image& image, JpegKind kind) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = kind == JpegKind::kGray ? 1 : kind == JpegKind::kAdobeCmyk ? 4 : 3;
  info.in_color_space = kind == JpegKind::kGray        ? JCS_GRAYSCALE
                        : kind == JpegKind::kAdobeCmyk ? JCS_CMYK
                                                       : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  if (kind == JpegKind::kProgressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  std::string samples = samples_of(image, kind);
  for (int y = 0; y < image.height; ++y) {
    auto* row = reinterpret_cast<JSAMPROW>(&samples[y * image.width * info.input_components]);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<char*>(buffer), size);
  std::free(buffer);
  return file;
}

std::string webp_file(const Image& image) {
  std::uint8_t* buffer = nullptr;
  const std::size_t size = WebPEncodeLosslessRGB(image.pixels.data(), image.width, image.height,
                                                 3 * image.width, &buffer);
  std::string file(reinterpret_cast<char*>(buffer), size);
  WebPFree(buffer);
  return file;
}

std::string bmp_file(const Image& image) {
  const std::uint32_t row_bytes = (3 * image.width + 3) / 4 * 4;
  std::string file = "BM";
  for (const std::uint32_t value : {54 + row_bytes * image.height, 0U, 54U, 40U}) {
    little_endian(file, value, 4);
  }
  little_endian(file, image.width, 4);
  little_endian(file, image.height, 4);
  little_endian(file, 1, 2);
  little_endian(file, 24, 2);
  file.append(24, '\0');
  for (int y = image.height - 1; y >= 0; --y) {
    for (int x = 0; x < image.width; ++x) {
      const std::uint8_t* pixel = &image.pixels[3 * (y * image.width + x)];
      for (int c = 2; c >= 0; --c) file += static_cast<char>(pixel[c]);
    }
    file.append(row_bytes - 3 * image.width, '\0');
  }
  return file;
}

std::string png_row_file(int width, const PngKind& kind, const std::string& samples,
                         const std::string& palette) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &file, append_png, nullptr);
  png_set_IHDR(png, info, width, 1, kind.bit_depth, kind.color_type, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(palette.data()),
                 static_cast<int>(palette.size() / 3));
  }
  png_write_info(png, info);
  png_write_row(png, reinterpret_cast<png_const_bytep>(samples.data()));
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

Image decode(const std::string& file, const std::string& name) {
  return decode_image(std::as_bytes(std::span(file)), name);
}

}  // namespace qprompt::testing

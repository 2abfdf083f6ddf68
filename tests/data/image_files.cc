#include "tests/data/image_files.h"

#include <cstdio>
#include <cstdlib>
// After <cstdio>: jpeglib.h needs FILE.
#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/encode.h>

#include "qprompt/core/file.h"
#include "tests/support/temporary_folder.h"

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
  if (kind.significant_bits > 0) {
    const png_color_8 bits{.red = 0,
                           .green = 0,
                           .blue = 0,
                           .gray = static_cast<png_byte>(kind.significant_bits),
                           .alpha = 0};
    png_set_sBIT(png, info, &bits);
  }
  png_write_info(png, info);
  png_write_row(png, reinterpret_cast<png_const_bytep>(samples.data()));
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string png_file(const Image& image) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", image);
  return read_text(folder / "a.png");
}

std::string tiff_file(int width, int height, const TiffKind& kind, const std::string& samples,
                      const std::vector<std::uint16_t>& colour_map) {
  const TemporaryFolder folder;
  const std::string path = (folder / "a.tif").string();
  TIFF* tiff = TIFFOpen(path.c_str(), "wl");
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, kind.planar ? 2 : 1);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind.orientation);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.sample_format);
  if (kind.subfile != 0) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kind.subfile);
  constexpr std::uint8_t kVersion[] = {1, 4, 0, 0};
  if (kind.dng) TIFFSetField(tiff, TIFFTAG_DNGVERSION, kVersion);
  if (kind.alpha >= 0) {
    const auto alpha = static_cast<std::uint16_t>(kind.alpha);
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  }
  const std::size_t entries = colour_map.size() / 3;
  if (entries > 0) {
    TIFFSetField(tiff, TIFFTAG_COLORMAP, colour_map.data(), colour_map.data() + entries,
                 colour_map.data() + 2 * entries);
  }
  std::string copy = samples;
  if (kind.tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    const std::size_t size = TIFFTileSize(tiff);
    for (std::size_t i = 0; i * size < copy.size(); ++i) {
      TIFFWriteEncodedTile(tiff, i, copy.data() + i * size, size);
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
    const std::size_t row_bytes = TIFFScanlineSize(tiff);
    for (std::size_t i = 0; i * row_bytes < copy.size(); ++i) {
      TIFFWriteScanline(tiff, copy.data() + i * row_bytes, i % height, i / height);
    }
  }
  TIFFClose(tiff);
  return read_text(path);
}

std::string gif_file(int width, int height, const GifKind& kind, const std::string& indices) {
  std::string file;
  const auto append = [](GifFileType* gif, const GifByteType* data, int size) {
    static_cast<std::string*>(gif->UserData)
        ->append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    return size;
  };
  int error = 0;
  GifFileType* gif = EGifOpen(&file, append, &error);
  const GifColorType colours[4] = {{0, 0, 0}, {10, 20, 30}, {20, 40, 60}, {30, 60, 90}};
  ColorMapObject* map = GifMakeMapObject(4, colours);
  EGifSetGifVersion(gif, true);
  EGifPutScreenDesc(gif, kind.screen_width > 0 ? kind.screen_width : width,
                    kind.screen_height > 0 ? kind.screen_height : height, 2, 0,
                    kind.local_palette ? nullptr : map);
  if (kind.transparent >= 0) {
    const GraphicsControlBlock control{.DisposalMode = 0,
                                       .UserInputFlag = false,
                                       .DelayTime = 0,
                                       .TransparentColor = kind.transparent};
    GifByteType block[4];
    EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE,
                     static_cast<int>(EGifGCBToExtension(&control, block)), block);
  }
  EGifPutImageDesc(gif, kind.left, kind.top, width, height, kind.interlaced,
                   kind.local_palette ? map : nullptr);
  std::string copy = indices;
  for (int y = 0; y < height; ++y) {
    EGifPutLine(gif, reinterpret_cast<GifPixelType*>(copy.data()) + y * width, width);
  }
  EGifCloseFile(gif, &error);
  GifFreeMapObject(map);
  return file;
}

Image decode(const std::string& file, const std::string& name) {
  return decode_image(std::as_bytes(std::span(file)), name);
}

}  // namespace qprompt::testing

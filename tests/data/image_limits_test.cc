#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <malloc.h>

#include <cstdlib>
#include <fstream>

#include "qprompt/data/opened_image.h"
#include "tests/data/image_files.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt {
namespace {

using testing::decode;
using testing::error_of;
using testing::gradient;
using ::testing::HasSubstr;
using testing::jpeg_file;
using testing::JpegKind;

void set_jpeg_size(std::string& file, const char* frame, int side) {
  const std::size_t at = file.find(frame);
  for (const std::size_t place : {at + 5, at + 7}) {
    file[place] = static_cast<char>(side >> 8);
    file[place + 1] = static_cast<char>(side & 255);
  }
}

// The last scan of a progressive JPEG, once more and again.
std::string with_scans(const std::string& file, int count) {
  const std::size_t last = file.rfind("\xFF\xDA");
  const std::string scan = file.substr(last, file.size() - 2 - last);
  std::string longer = file.substr(0, file.size() - 2);
  for (int i = 0; i < count; ++i) longer += scan;
  return longer + "\xFF\xD9";
}

TEST(Jpeg, ThatItsBytesCannotHoldIsRefused) {
  std::string file = jpeg_file(gradient(16, 16), JpegKind::kProgressive);
  set_jpeg_size(file, "\xFF\xC2", 13377);
  EXPECT_THAT(error_of([&] { decode(file); }), HasSubstr("13377x13377 pixels in"));
}

TEST(Jpeg, WhoseCoefficientsTakeTooMuchMemoryIsRefused) {
  std::string file = jpeg_file(gradient(16, 16), JpegKind::kProgressive);
  set_jpeg_size(file, "\xFF\xC2", 13370);
  file.insert(file.size() - 2, 200'000, '\0');  // bytes enough
  // libjpeg halves the chroma: one and a half samples of two bytes a pixel are just allowed.
  const std::size_t chroma = file.find("\xFF\xC2") + 4 + 6 + 1;
  file[chroma] = '\x11';
  EXPECT_THAT(error_of([&] { decode(file); }), HasSubstr("in several scans, which take 1023 MiB"));
}

TEST(Jpeg, MayHaveManyScansButNotAnyNumber) {
  const std::string file = jpeg_file(gradient(16, 16), JpegKind::kProgressive);
  EXPECT_EQ(decode(with_scans(file, 100)).width, 16);
  EXPECT_THAT(error_of([&] { decode(with_scans(file, 600)); }), HasSubstr("more than 500 scans"));
}

TEST(Image, IsStoppedInside) {
  const Image image = gradient(200, 150);
  const std::string rgb(image.pixels.begin(), image.pixels.end());
  for (const std::string& file :
       {jpeg_file(image), jpeg_file(image, JpegKind::kProgressive), testing::png_file(image),
        testing::tiff_file(200, 150, {}, rgb), testing::gif_file(8, 8, {}, std::string(64, '\1')),
        testing::webp_file(image)}) {
    int asked = 0;
    const DecodeOptions options{.stop = [&] { return ++asked == 2; }};
    EXPECT_THROW(decode_image(std::as_bytes(std::span(file)), "a", options), Interrupted);
    EXPECT_EQ(asked, 2);
  }
}

// Ends a process of its own with 0 if it hears that `megabytes` do not suffice.
[[noreturn]] void decode_in(std::size_t megabytes, const std::filesystem::path& path) {
  const OpenedImage opened(path);
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * 4096 + (megabytes << 20);
  const rlimit limit{most, most};
  setrlimit(RLIMIT_AS, &limit);
  try {
    opened.decoded();
  } catch (const OutOfMemory& error) {
    std::_Exit(std::string(error.what()).starts_with(path.string() + ": out of memory") ? 0 : 2);
  } catch (const Error&) {
    std::_Exit(1);
  }
  std::_Exit(3);
}

TEST(OpenedImage, WithoutMemoryIsNotCalledDamaged) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need the address space";
#endif
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process without others' freed memory
  mallopt(M_MMAP_THRESHOLD, 1 << 20);              // nor this test's
  const testing::TemporaryFolder folder;
  Image image{.width = 3000, .height = 3000};
  image.pixels.resize(27'000'000);
  const auto jpeg = folder.file("a.jpg", jpeg_file(image, JpegKind::kProgressive));
  const auto png = folder.file("a.png", testing::png_file(image));
  for (const auto& path : {jpeg, png}) {
    EXPECT_EXIT(decode_in(10, path), ::testing::ExitedWithCode(0), "");
  }
  EXPECT_EXIT(decode_in(36, jpeg), ::testing::ExitedWithCode(0), "");  // libjpeg's own memory
}

TEST(OpenedImage, KeepsWhatItReadWhenTheFileIsRewritten) {
  const testing::TemporaryFolder folder;
  const Image image = gradient(20, 10);
  const auto path = folder.file("a.png", testing::png_file(image));
  const OpenedImage opened(path);
  std::filesystem::resize_file(path, 0);  // in place, as a copy over it does
  EXPECT_EQ(opened.decoded(), image);
}

TEST(Decoding, RefusesMorePixelsThanItsCallerAllows) {
  const std::string file = jpeg_file(gradient(16, 10), JpegKind::kBaseline);
  const auto decode_up_to = [&](std::int64_t pixels) {
    return decode_image(std::as_bytes(std::span(file)), "a picture", {.max_pixels = pixels});
  };
  EXPECT_EQ(decode_up_to(160).width, 16);
  EXPECT_THAT(error_of([&] { decode_up_to(159); }), HasSubstr("16x10 pixels, the limit is 159"));
}

}  // namespace
}  // namespace qprompt

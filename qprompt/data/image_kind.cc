#include "qprompt/data/image_kind.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "qprompt/core/unicode.h"

namespace qprompt {
namespace {

using namespace std::string_view_literals;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Signature {
  std::string_view bytes, kind;
  std::size_t at = 0;
};

constexpr Signature kSignatures[] = {
    {"%PDF", "a PDF"},
    {"8BPS", "a Photoshop document"},
    {"\0\0\0\x0CjP  "sv, "a JPEG 2000"},
    {"\xFF\x4F\xFF\x51", "a JPEG 2000"},
    {"\0\0\0\x0CJXL "sv, "a JPEG XL"},
    {"\xFF\x0A", "a JPEG XL"},
    {"II\xBC\x01", "a JPEG XR"},
    {"CR\x02"sv, "a camera raw (CR2)", 8},
    {"FUJIFILMCCD-RAW", "a camera raw (RAF)"},
    {"IIRO", "a camera raw (ORF)"},
    {"IIRS", "a camera raw (ORF)"},
    {"MMOR", "a camera raw (ORF)"},
    {"IIU\0"sv, "a camera raw (RW2)"},
    {"v/1\x01", "an OpenEXR"},
    {"#?RADIANCE", "a Radiance HDR"},
    {"SIMPLE  =", "a FITS"},
    {"DDS ", "a DDS texture"},
    {"gimp xcf", "a GIMP picture"},
    {"\0\0\x01\0"sv, "an icon (ICO)"},
    {"\xC5\xD0\xD3\xC6", "an EPS"},
    {"%!PS", "PostScript"},
    {"DICM", "a DICOM", 128},
    {"\x89HDF", "an HDF5 file"},
    {"\x93NUMPY", "a NumPy array"},
    {"PK\x03\x04", "a zip archive"},
    {"\x1F\x8B", "a gzip archive"},
    {"7z\xBC\xAF", "a 7z archive"},
    {"Rar!", "a RAR archive"},
    {"ustar", "a tar archive", 257},
    {"\x1A\x45\xDF\xA3", "a video (Matroska)"},
    {"AVI ", "a video (AVI)", 8},
    {"version https://git-lfs", "a Git LFS pointer (fetch it with: git lfs pull)"},
};

bool is_text(std::string_view start) {
  return std::ranges::all_of(start, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= ' ' || byte == '\t' || byte == '\n' || byte == '\r';
  });
}

std::string kind_of_text(std::string_view start) {
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  const std::string lower =
      lower_ascii(start.substr(std::min(start.find_first_not_of(" \t\r\n"), start.size())));
  const std::string_view text(lower);
  if (text.starts_with("<!doctype html") || text.starts_with("<html")) return "a web page";
  if (text.starts_with('<') && text.find("<svg") != text.npos) return "an SVG";
  if (text.starts_with("<?xml")) return "an XML document";
  return "text";
}

// ISO's media files name their brands in their first box: the main one, a version, the others.
bool has_brand(std::string_view text, std::initializer_list<std::string_view> brands) {
  if (text.substr(0, 8).substr(std::min<std::size_t>(4, text.size())) != "ftyp") return false;
  std::size_t end = 0;
  for (std::size_t i = 0; i < 4; ++i) end = end << 8 | static_cast<unsigned char>(text[i]);
  end = std::min(end, text.size());
  for (std::size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {
    if (std::ranges::find(brands, text.substr(at, 4)) != brands.end()) return true;
  }
  return false;
}

bool is_heif(std::string_view text) {
  return has_brand(
      text, {"avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"});
}

bool is_tiff(std::string_view text) {
  const bool magic = text.starts_with("II*\0"sv) || text.starts_with("MM\0*"sv) ||
                     text.starts_with("II+\0"sv) || text.starts_with("MM\0+"sv);
  return magic && text.substr(0, 11).substr(std::min<std::size_t>(8, text.size())) != "CR\x02";
}

}  // namespace

ImageFormat image_format(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP")) return ImageFormat::kWebp;
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return ImageFormat::kGif;
  if (is_tiff(text)) return ImageFormat::kTiff;
  if (is_heif(text)) return ImageFormat::kHeif;
  if (text.starts_with("BM")) return ImageFormat::kBmp;
  return ImageFormat::kNone;
}

std::string kind_of_content(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes);
  for (const Signature& signature : kSignatures) {
    if (text.substr(std::min(signature.at, text.size())).starts_with(signature.bytes)) {
      return std::string(signature.kind);
    }
  }
  if (has_brand(text, {"crx "})) return "a camera raw (CR3)";
  if (text.substr(0, 8).ends_with("ftyp")) return "a video (MP4 or QuickTime)";
  const std::string_view start = text.substr(0, 1024);
  return is_text(start) ? kind_of_text(start) : "of no known format";
}

}  // namespace qprompt

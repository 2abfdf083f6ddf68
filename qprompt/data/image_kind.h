#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace qprompt {

enum class ImageFormat { kNone, kJpeg, kPng, kWebp, kBmp, kTiff, kGif, kHeif };

// By the first bytes; kNone for what decode_image() cannot read. A camera's raw file is none, even
// where it is built as a TIFF.
ImageFormat image_format(std::span<const std::byte> bytes);

// What else a file may be, for messages: "a PDF", "a web page", "text".
std::string kind_of_content(std::span<const std::byte> bytes);

}  // namespace qprompt

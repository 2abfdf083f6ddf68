#pragma once

// Inside data/ only: one decoder per format. All of them throw Error beginning with `name`.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "qprompt/data/image.h"

namespace qprompt {

// Throws before anything is allocated when a file claims an empty or too large image.
Image allocate_image(std::int64_t width, std::int64_t height, const std::string& name);

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name);
Image decode_png(std::span<const std::byte> bytes, const std::string& name);
Image decode_webp(std::span<const std::byte> bytes, const std::string& name);
Image decode_bmp(std::span<const std::byte> bytes, const std::string& name);

}  // namespace qprompt

#pragma once

#include "qprompt/data/image_codecs.h"

namespace qprompt {

// 16-bit gray becomes 8 bits in three equal channels. The samples, in the machine's byte order,
// fill the first two thirds of each row's room. Cameras store 8 to 14 bits in the low end of 16,
// which would be black: where all samples are below 2^significant_bits they are taken as such;
// where the file says nothing (0), below 256 as 8 bits and below 4096 as 12. Else the high byte
// counts (a file that follows the standard scales its samples up). What was taken for less than 16
// bits is told in a notice.
void gray_16_to_rgb(const ImageFile& file, Image& image, int significant_bits);

// 16-bit colour is its high byte, as PIL's: a notice where nothing much is left in it.
void tell_of_dark_colour_16(const ImageFile& file, const Image& image);

}  // namespace qprompt

#include "qprompt/train/bits.h"

#include <set>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

constexpr std::string_view kExpected = ", expected 1..8, or for example ctx=1,projection=4";

int parse_width(std::string_view width, std::string_view text) {
  if (width == "auto") return BitsPerKind::kAuto;
  require(width.size() == 1 && width[0] >= '1' && width[0] <= '8', "bits '", text, "': '", width,
          "'", kExpected, "; auto chooses");
  return width[0] - '0';
}

int& width_of(BitsPerKind& bits, std::string_view kind, std::string_view text) {
  if (kind == "ctx") return bits.context;
  require(kind == "projection", "bits '", text, "': kind '", kind, "', expected ctx or projection");
  return bits.projection;
}

std::string width_text(int width) {
  return width == BitsPerKind::kAuto ? "auto" : std::to_string(width);
}

}  // namespace

BitsPerKind parse_bits(std::string_view text) {
  BitsPerKind bits;
  if (text.find('=') == std::string_view::npos) {
    bits.context = bits.projection = parse_width(text, text);
    return bits;
  }
  std::set<std::string_view> kinds;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(part.size());
    require(rest != ",", "bits '", text, "': nothing after the last comma", kExpected);
    rest.remove_prefix(rest.empty() ? 0 : 1);
    const std::size_t equals = part.find('=');
    require(equals != std::string_view::npos, "bits '", text, "': '", part, "'", kExpected);
    const std::string_view kind = part.substr(0, equals);
    require(kinds.insert(kind).second, "bits '", text, "': kind '", kind, "' twice");
    width_of(bits, kind, text) = parse_width(part.substr(equals + 1), text);
  }
  return bits;
}

std::string bits_text(const BitsPerKind& bits) {
  if (bits.context == bits.projection) return width_text(bits.context);
  return "ctx=" + width_text(bits.context) + ",projection=" + width_text(bits.projection);
}

}  // namespace qprompt

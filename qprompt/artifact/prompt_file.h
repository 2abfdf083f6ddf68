#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "qprompt/adapter/seen_class.h"
#include "qprompt/core/export.h"
#include "qprompt/core/matrix.h"
#include "qprompt/prompt/config.h"
#include "qprompt/quant/encoded_matrix.h"

namespace qprompt {

// One learned matrix: quantized, or its values. Values are stored as fp16 where that loses nothing
// (the caller rounds, or not: half.h), else as float32.
struct StoredMatrix {
  std::string name;
  std::variant<Matrix, EncodedMatrix> content;
};

// Everything that rebuilds a classifier beside the backbone and a class list: an adapted model, or
// the mean of several. Every byte of it on disk is described in docs/prompt_file_format.md.
struct PromptFile {
  std::uint64_t backbone = 0;  // Model::fingerprint
  std::uint64_t identity = 0;  // Model::identity; 0 in a file of version 1, which has none
  // How a person said that pictures are to be read: turned as the camera says, or as they are
  // stored (version 3). Nothing: as the data have it.
  std::optional<bool> exif{};
  MethodConfig method{};
  std::uint64_t class_list =
      0;               // class_list_hash() where the method is bound to its classes, else 0
  SeenClasses seen{};  // that a learner on features remembers (version 4)
  std::vector<StoredMatrix> matrices{};  // in the alphabetical order of their names
  // Adapted models of the same backbone, each with a temperature of its own, whose probabilities
  // are averaged with those of the one above (version 5). They have no partners themselves, and
  // pictures are read for them as `exif` here says.
  std::vector<PromptFile> partners{};
  // What logits are divided by, of a mean the logarithms of its probabilities: above 0 (version 5).
  double temperature = 1;
};

// The adapted model that stands first among those of a mean, or alone: without partners and with
// the temperature 1.
QPROMPT_API PromptFile first_part(PromptFile file);

// Of the lowest version that holds it.
QPROMPT_API std::vector<std::byte> to_bytes(const PromptFile& file);
QPROMPT_API void save_prompt_file(const PromptFile& file,
                                  const std::filesystem::path& path);  // atomically

// Throw Error beginning with the file's name (`origin`) for anything that save_prompt_file() did
// not write: truncated, damaged, or of a newer version.
QPROMPT_API PromptFile prompt_file_from_bytes(std::span<const std::byte> bytes,
                                              std::string_view origin);
QPROMPT_API PromptFile load_prompt_file(const std::filesystem::path& path);

// The matrices to store: the encoded one where `encoded` has it, else the values as they are.
QPROMPT_API std::vector<StoredMatrix> stored_matrices(
    const ParameterMap& values, const std::map<std::string, EncodedMatrix>& encoded);
// What the file deploys, without its partners.
QPROMPT_API ParameterMap values(const PromptFile& file);

QPROMPT_API Index rows(const StoredMatrix& matrix);
QPROMPT_API Index cols(const StoredMatrix& matrix);
QPROMPT_API int bits_per_value(const StoredMatrix& matrix);  // 1..8: codes and a codebook; 16; 32

// Bytes of what was learned, by what they hold.
struct QPROMPT_API Payload {
  std::size_t codes = 0, codebooks = 0;  // of quantized matrices
  std::size_t fp16 = 0, fp32 = 0;        // values of the others

  std::size_t total() const { return codes + codebooks + fp16 + fp32; }
  Payload& operator+=(const Payload& other);
  bool operator==(const Payload&) const = default;
};
QPROMPT_API Payload payload(const StoredMatrix& matrix);
QPROMPT_API Payload payload(const PromptFile& file);  // its partners' too
QPROMPT_API std::size_t payload_size(const StoredMatrix& matrix);
QPROMPT_API std::size_t payload_size(const PromptFile& file);

// Stored in prompt files of class-bound methods. Never zero.
QPROMPT_API std::uint64_t class_list_hash(std::span<const std::string> class_names);

}  // namespace qprompt

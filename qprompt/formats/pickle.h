#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qprompt {

// What a pickle describes, as inert data: nothing is imported, called or built.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInteger,
    kFloat,
    kText,      // str or bytes
    kSequence,  // tuple, list or set
    kDict,
    kGlobal,      // `text` is "module name"
    kObject,      // what calling `callable` with `arguments` would have given
    kPersistent,  // `state` is the id: a reference to something beside the pickle
  };
  using Entry = std::pair<const PickleValue*, const PickleValue*>;

  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  // also of kBool
  double number = 0;
  std::string text = {};
  std::vector<const PickleValue*> items = {};  // of a sequence or a list-like object
  std::vector<Entry> entries = {};             // of a dict or a dict-like object
  const PickleValue* callable = nullptr;
  const PickleValue* arguments = nullptr;
  const PickleValue* state = nullptr;

  // An object whose class or maker is `global`, such as "collections OrderedDict".
  bool made_by(std::string_view global) const;
};

// A pickle of protocol 2 to 5. Values may refer to each other in circles: a walk needs a bound.
class Pickle {
 public:
  // Throws Error naming `origin` for anything malformed, unknown or too large.
  Pickle(std::span<const std::byte> bytes, const std::filesystem::path& origin);

  Pickle(Pickle&&) = default;

  const PickleValue& root() const { return *root_; }

 private:
  std::deque<PickleValue> values_;  // owns them all; addresses stay
  const PickleValue* root_ = nullptr;
};

}  // namespace qprompt

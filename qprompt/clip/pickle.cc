#include "qprompt/clip/pickle.h"

#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "qprompt/clip/pickle_cursor.h"
#include "qprompt/clip/pickle_opcodes.h"
#include "qprompt/core/error.h"

namespace qprompt {
namespace {

using Kind = PickleValue::Kind;

// The largest checkpoints with their optimiser states hold some 100,000 values.
constexpr std::size_t kMaxValues = 2'000'000;

// The stack machine: each opcode moves a few values, memory grows with the pickle's length only.
class Reader : private PickleCursor {
 public:
  Reader(std::span<const std::byte> bytes, const std::filesystem::path& origin,
         std::deque<PickleValue>& values)
      : PickleCursor(bytes, origin.string()), values_(values) {}

  const PickleValue* read() {
    while (true) {
      const unsigned opcode = number<std::uint8_t>();
      if (opcode == kStop) return pop();
      if (!read_scalar(opcode) && !read_text(opcode) && !read_container(opcode) &&
          !read_object(opcode) && !read_memo(opcode)) {
        refuse("opcode ", opcode, ", which no tensor needs");
      }
    }
  }

 private:
  bool read_scalar(unsigned opcode);
  bool read_text(unsigned opcode);
  bool read_container(unsigned opcode);
  bool read_object(unsigned opcode);
  bool read_memo(unsigned opcode);

  PickleValue* push(PickleValue value) {
    expect(values_.size() < kMaxValues, "more than ", kMaxValues, " values");
    stack_.push_back(&values_.emplace_back(std::move(value)));
    return stack_.back();
  }
  void push_integer(std::int64_t value) { push({.kind = Kind::kInteger, .integer = value}); }
  void push_text(std::string_view text) { push({.kind = Kind::kText, .text = std::string(text)}); }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* top() {
    expect(stack_.size() > floor(), "an empty stack");
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* const value = top();
    stack_.pop_back();
    return value;
  }
  std::vector<const PickleValue*> pop_to_mark() {
    expect(!marks_.empty(), "no mark on the stack");
    std::vector<const PickleValue*> items(stack_.begin() + marks_.back(), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_long(std::uint64_t length);
  void push_tuple(std::size_t count);
  void append(const std::vector<const PickleValue*>& items);
  void set_items(const std::vector<const PickleValue*>& items);
  void push_dict(const std::vector<const PickleValue*>& items);
  void push_global(std::string_view module, std::string_view name);
  void push_object(bool keywords);
  void build();
  void put(std::uint32_t slot) { memo_[slot] = top(); }
  void get(std::uint32_t slot);

  std::deque<PickleValue>& values_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleValue*> memo_;
};

bool Reader::read_scalar(unsigned opcode) {
  switch (opcode) {
    case kNoneValue:
      push({});
      return true;
    case kNewTrue:
      push({.kind = Kind::kBool, .integer = 1});
      return true;
    case kNewFalse:
      push({.kind = Kind::kBool, .integer = 0});
      return true;
    case kBinInt:
      push_integer(number<std::int32_t>());
      return true;
    case kBinInt1:
      push_integer(number<std::uint8_t>());
      return true;
    case kBinInt2:
      push_integer(number<std::uint16_t>());
      return true;
    case kLong1:
      push_long(number<std::uint8_t>());
      return true;
    case kLong4:
      push_long(number<std::uint32_t>());
      return true;
    case kBinFloat:
      push({.kind = Kind::kFloat,
            .number = std::bit_cast<double>(__builtin_bswap64(number<std::uint64_t>()))});
      return true;
    default:
      return false;
  }
}

bool Reader::read_text(unsigned opcode) {
  switch (opcode) {
    case kShortBinUnicode:
    case kShortBinString:
    case kShortBinBytes:
      push_text(take(number<std::uint8_t>()));
      return true;
    case kBinUnicode:
    case kBinString:
    case kBinBytes:
      push_text(take(number<std::uint32_t>()));
      return true;
    case kBinUnicode8:
    case kBinBytes8:
    case kByteArray8:
      push_text(take(number<std::uint64_t>()));
      return true;
    default:
      return false;
  }
}

bool Reader::read_container(unsigned opcode) {
  switch (opcode) {
    case kMark:
      marks_.push_back(stack_.size());
      return true;
    case kPop:
      pop();
      return true;
    case kPopMark:
      pop_to_mark();
      return true;
    case kDup:
      stack_.push_back(top());
      return true;
    case kEmptyList:
    case kEmptySet:
    case kEmptyTuple:
      push({.kind = Kind::kSequence});
      return true;
    case kListOfMark:
    case kFrozenSet:
    case kTuple:
      push({.kind = Kind::kSequence, .items = pop_to_mark()});
      return true;
    case kTuple1:
      push_tuple(1);
      return true;
    case kTuple2:
      push_tuple(2);
      return true;
    case kTuple3:
      push_tuple(3);
      return true;
    case kAppend:
      append({pop()});
      return true;
    case kAddItems:
    case kAppends:
      append(pop_to_mark());
      return true;
    case kEmptyDict:
      push({.kind = Kind::kDict});
      return true;
    case kDictOfMark:
      push_dict(pop_to_mark());
      return true;
    case kSetItems:
      set_items(pop_to_mark());
      return true;
    case kSetItem: {
      const PickleValue* const value = pop();
      const PickleValue* const key = pop();
      set_items({key, value});
      return true;
    }
    default:
      return false;
  }
}

bool Reader::read_object(unsigned opcode) {
  switch (opcode) {
    case kGlobalName: {
      const std::string_view module = line();
      push_global(module, line());
      return true;
    }
    case kStackGlobal: {
      const PickleValue* const name = pop();
      const PickleValue* const module = pop();
      push_global(module->text, name->text);
      return true;
    }
    case kReduce:
    case kNewObj:
      push_object(false);
      return true;
    case kNewObjEx:
      push_object(true);
      return true;
    case kBuild:
      build();
      return true;
    case kBinPersistentId: {
      const PickleValue* const id = pop();
      push({.kind = Kind::kPersistent, .state = id});
      return true;
    }
    default:
      return false;
  }
}

bool Reader::read_memo(unsigned opcode) {
  switch (opcode) {
    case kProto: {
      const unsigned protocol = number<std::uint8_t>();
      expect(protocol >= 2 && protocol <= 5, "protocol ", protocol, ", expected 2 to 5");
      return true;
    }
    case kFrame:
      take(sizeof(std::uint64_t));
      return true;
    case kMemoize:
      put(static_cast<std::uint32_t>(memo_.size()));
      return true;
    case kBinPut:
      put(number<std::uint8_t>());
      return true;
    case kLongBinPut:
      put(number<std::uint32_t>());
      return true;
    case kBinGet:
      get(number<std::uint8_t>());
      return true;
    case kLongBinGet:
      get(number<std::uint32_t>());
      return true;
    default:
      return false;
  }
}

// Little-endian two's complement. Longer ones (the states of random generators) are nothing to us.
void Reader::push_long(std::uint64_t length) {
  const std::string_view digits = take(length);
  if (length > sizeof(std::int64_t)) return void(push({}));
  const bool negative = length > 0 && (digits.back() & 0x80) != 0;
  std::int64_t value = negative ? -1 : 0;
  std::memcpy(&value, digits.data(), digits.size());
  push_integer(value);
}

void Reader::push_tuple(std::size_t count) {
  expect(stack_.size() - floor() >= count, "a tuple of ", count, " on a shorter stack");
  PickleValue tuple{.kind = Kind::kSequence};
  tuple.items.assign(stack_.end() - count, stack_.end());
  stack_.resize(stack_.size() - count);
  push(std::move(tuple));
}

void Reader::append(const std::vector<const PickleValue*>& items) {
  PickleValue* const list = top();
  expect(list->kind == Kind::kSequence || list->kind == Kind::kObject, "items for no list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void Reader::set_items(const std::vector<const PickleValue*>& items) {
  PickleValue* const dict = top();
  expect(dict->kind == Kind::kDict || dict->kind == Kind::kObject, "entries for no dict");
  expect(items.size() % 2 == 0, "a key without value");
  for (std::size_t i = 0; i < items.size(); i += 2) {
    dict->entries.emplace_back(items[i], items[i + 1]);
  }
}

void Reader::push_dict(const std::vector<const PickleValue*>& items) {
  push({.kind = Kind::kDict});
  set_items(items);
}

void Reader::push_global(std::string_view module, std::string_view name) {
  push({.kind = Kind::kGlobal, .text = std::string(module) + " " + std::string(name)});
}

void Reader::push_object(bool keywords) {
  if (keywords) pop();
  const PickleValue* const arguments = pop();
  const PickleValue* const callable = pop();
  expect(arguments->kind == Kind::kSequence, "arguments that are no tuple");
  push({.kind = Kind::kObject, .items = arguments->items, .callable = callable});
}

void Reader::build() {
  const PickleValue* const state = pop();
  PickleValue* const object = top();
  expect(object->kind == Kind::kObject, "a state for no object");
  object->state = state;
}

void Reader::get(std::uint32_t slot) {
  const auto found = memo_.find(slot);
  expect(found != memo_.end(), "nothing in memo ", slot);
  stack_.push_back(found->second);
}

}  // namespace

bool PickleValue::made_by(std::string_view global) const {
  return kind == Kind::kObject && callable->kind == Kind::kGlobal && callable->text == global;
}

Pickle::Pickle(std::span<const std::byte> bytes, const std::filesystem::path& origin) {
  root_ = Reader(bytes, origin, values_).read();
}

}  // namespace qprompt

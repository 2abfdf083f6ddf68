#include "qprompt/formats/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "qprompt/formats/pickle_cursor.h"
#include "qprompt/formats/pickle_opcodes.h"

namespace qprompt {
namespace {

using Kind = PickleValue::Kind;

// The largest checkpoints with their optimiser states hold some 100,000 values.
constexpr std::size_t kMaxValues = 2'000'000;
constexpr std::size_t kMaxGlobalLength = 1000;

// The stack machine: each opcode moves a few values, memory grows with the pickle's length only.
class Reader : public PickleCursor {
 public:
  Reader(std::span<const std::byte> bytes, const std::filesystem::path& origin,
         std::deque<PickleValue>& values)
      : PickleCursor(bytes, origin.string()), values_(values) {}

  const PickleValue* read();

  // What the opcodes do.
  PickleValue* push(PickleValue value) {
    expect(values_.size() < kMaxValues, "more than ", kMaxValues, " values");
    stack_.push_back(&values_.emplace_back(std::move(value)));
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* const value = top();
    stack_.pop_back();
    return value;
  }
  void push_integer(std::int64_t value) { push({.kind = Kind::kInteger, .integer = value}); }
  void push_bool(bool value) { push({.kind = Kind::kBool, .integer = value}); }
  void push_text(std::string_view text) { push({.kind = Kind::kText, .text = std::string(text)}); }
  void push_sequence() { push({.kind = Kind::kSequence}); }
  void push_sequence_of_mark() { push({.kind = Kind::kSequence, .items = pop_to_mark()}); }
  void push_dict() { push({.kind = Kind::kDict}); }
  void push_long(std::uint64_t length);
  void push_float();
  void push_tuple(std::size_t count);
  void push_dict_of_mark();
  void push_global();
  void push_global_of_stack();
  void push_global(std::string_view module, std::string_view name);
  void push_object(bool keywords);
  void push_persistent();
  void append(const std::vector<const PickleValue*>& items);
  void set_items(const std::vector<const PickleValue*>& items);
  void set_item();
  void build();
  void duplicate() { stack_.push_back(top()); }
  void mark() { marks_.push_back(stack_.size()); }
  std::vector<const PickleValue*> pop_to_mark();
  void put(std::uint32_t slot) { memo_[slot] = top(); }
  void memoize() { put(static_cast<std::uint32_t>(memo_.size())); }
  void get(std::uint32_t slot);
  void check_protocol();

 private:
  // What came before the last mark is out of reach.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* top() {
    expect(stack_.size() > floor(), "an empty stack");
    return stack_.back();
  }

  std::deque<PickleValue>& values_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleValue*> memo_;
};

using U8 = std::uint8_t;
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

struct Instruction {
  PickleOpcode opcode;
  void (*execute)(Reader&);
};

constexpr Instruction kInstructions[] = {
    {kProto, [](Reader& r) { r.check_protocol(); }},
    {kFrame, [](Reader& r) { r.take(sizeof(U64)); }},
    {kNoneValue, [](Reader& r) { r.push({}); }},
    {kNewTrue, [](Reader& r) { r.push_bool(true); }},
    {kNewFalse, [](Reader& r) { r.push_bool(false); }},
    {kBinInt, [](Reader& r) { r.push_integer(r.number<std::int32_t>()); }},
    {kBinInt1, [](Reader& r) { r.push_integer(r.number<U8>()); }},
    {kBinInt2, [](Reader& r) { r.push_integer(r.number<U16>()); }},
    {kLong1, [](Reader& r) { r.push_long(r.number<U8>()); }},
    {kLong4, [](Reader& r) { r.push_long(r.number<U32>()); }},
    {kBinFloat, [](Reader& r) { r.push_float(); }},
    {kShortBinUnicode, [](Reader& r) { r.push_text(r.take(r.number<U8>())); }},
    {kShortBinString, [](Reader& r) { r.push_text(r.take(r.number<U8>())); }},
    {kShortBinBytes, [](Reader& r) { r.push_text(r.take(r.number<U8>())); }},
    {kBinUnicode, [](Reader& r) { r.push_text(r.take(r.number<U32>())); }},
    {kBinString, [](Reader& r) { r.push_text(r.take(r.number<U32>())); }},
    {kBinBytes, [](Reader& r) { r.push_text(r.take(r.number<U32>())); }},
    {kBinUnicode8, [](Reader& r) { r.push_text(r.take(r.number<U64>())); }},
    {kBinBytes8, [](Reader& r) { r.push_text(r.take(r.number<U64>())); }},
    {kByteArray8, [](Reader& r) { r.push_text(r.take(r.number<U64>())); }},
    {kEmptyList, [](Reader& r) { r.push_sequence(); }},
    {kEmptySet, [](Reader& r) { r.push_sequence(); }},
    {kEmptyTuple, [](Reader& r) { r.push_sequence(); }},
    {kListOfMark, [](Reader& r) { r.push_sequence_of_mark(); }},
    {kFrozenSet, [](Reader& r) { r.push_sequence_of_mark(); }},
    {kTuple, [](Reader& r) { r.push_sequence_of_mark(); }},
    {kTuple1, [](Reader& r) { r.push_tuple(1); }},
    {kTuple2, [](Reader& r) { r.push_tuple(2); }},
    {kTuple3, [](Reader& r) { r.push_tuple(3); }},
    {kAppend, [](Reader& r) { r.append({r.pop()}); }},
    {kAppends, [](Reader& r) { r.append(r.pop_to_mark()); }},
    {kAddItems, [](Reader& r) { r.append(r.pop_to_mark()); }},
    {kEmptyDict, [](Reader& r) { r.push_dict(); }},
    {kDictOfMark, [](Reader& r) { r.push_dict_of_mark(); }},
    {kSetItem, [](Reader& r) { r.set_item(); }},
    {kSetItems, [](Reader& r) { r.set_items(r.pop_to_mark()); }},
    {kGlobalName, [](Reader& r) { r.push_global(); }},
    {kStackGlobal, [](Reader& r) { r.push_global_of_stack(); }},
    {kReduce, [](Reader& r) { r.push_object(false); }},
    {kNewObj, [](Reader& r) { r.push_object(false); }},
    {kNewObjEx, [](Reader& r) { r.push_object(true); }},
    {kBuild, [](Reader& r) { r.build(); }},
    {kBinPersistentId, [](Reader& r) { r.push_persistent(); }},
    {kMark, [](Reader& r) { r.mark(); }},
    {kPop, [](Reader& r) { r.pop(); }},
    {kPopMark, [](Reader& r) { r.pop_to_mark(); }},
    {kDup, [](Reader& r) { r.duplicate(); }},
    {kMemoize, [](Reader& r) { r.memoize(); }},
    {kBinPut, [](Reader& r) { r.put(r.number<U8>()); }},
    {kLongBinPut, [](Reader& r) { r.put(r.number<U32>()); }},
    {kBinGet, [](Reader& r) { r.get(r.number<U8>()); }},
    {kLongBinGet, [](Reader& r) { r.get(r.number<U32>()); }},
};

const PickleValue* Reader::read() {
  while (true) {
    const unsigned opcode = number<U8>();
    if (opcode == kStop) return pop();
    const auto found =
        std::find_if(std::begin(kInstructions), std::end(kInstructions),
                     [&](const Instruction& known) { return known.opcode == opcode; });
    expect(found != std::end(kInstructions), "opcode ", opcode, ", which no tensor needs");
    found->execute(*this);
  }
}

void Reader::check_protocol() {
  const unsigned protocol = number<U8>();
  expect(protocol >= 2 && protocol <= 5, "protocol ", protocol, ", expected 2 to 5");
}

std::vector<const PickleValue*> Reader::pop_to_mark() {
  expect(!marks_.empty(), "no mark on the stack");
  std::vector<const PickleValue*> items(stack_.begin() + marks_.back(), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

void Reader::push_float() {  // big-endian, unlike everything else
  const double value = std::bit_cast<double>(__builtin_bswap64(number<U64>()));
  push({.kind = Kind::kFloat, .number = value});
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

void Reader::set_item() {
  const PickleValue* const value = pop();
  const PickleValue* const key = pop();
  set_items({key, value});
}

void Reader::push_dict_of_mark() {
  const std::vector<const PickleValue*> items = pop_to_mark();
  push_dict();
  set_items(items);
}

void Reader::push_global() {
  const std::string_view module = line();
  push_global(module, line());
}

void Reader::push_global_of_stack() {
  const PickleValue* const name = pop();
  const PickleValue* const module = pop();
  push_global(module->text, name->text);
}

void Reader::push_global(std::string_view module, std::string_view name) {
  expect(module.size() + name.size() <= kMaxGlobalLength, "an endless class name");
  push({.kind = Kind::kGlobal, .text = std::string(module) + " " + std::string(name)});
}

void Reader::push_object(bool keywords) {
  if (keywords) pop();
  const PickleValue* const arguments = pop();
  const PickleValue* const callable = pop();
  expect(arguments->kind == Kind::kSequence, "arguments that are no tuple");
  push({.kind = Kind::kObject, .callable = callable, .arguments = arguments});
}

void Reader::push_persistent() {
  const PickleValue* const id = pop();
  push({.kind = Kind::kPersistent, .state = id});
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

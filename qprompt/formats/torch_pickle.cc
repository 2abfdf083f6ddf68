#include "qprompt/formats/torch_pickle.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

using Kind = PickleValue::Kind;
using Tensor = TorchArchive::Tensor;

constexpr int kMaxDepth = 64;
constexpr int kMaxVisits = 1'000'000;
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxNameLength = 1000;

constexpr std::pair<const char*, ElementType> kStorageTypes[] = {
    {"torch FloatStorage", ElementType::kFloat32},
    {"torch HalfStorage", ElementType::kFloat16},
    {"torch BFloat16Storage", ElementType::kBfloat16},
    {"torch DoubleStorage", ElementType::kFloat64},
    {"torch LongStorage", ElementType::kInt64},
    {"torch IntStorage", ElementType::kInt32},
    {"torch ShortStorage", ElementType::kInt16},
    {"torch CharStorage", ElementType::kInt8},
    {"torch ByteStorage", ElementType::kUint8},
    {"torch BoolStorage", ElementType::kBool}};

// Where a pickled module (torch.save(model)) keeps its tensors and its parts.
constexpr std::string_view kModuleParts[] = {"_parameters", "_buffers", "_modules"};

bool has_entry(const PickleValue& dict, std::string_view key) {
  return std::ranges::any_of(dict.entries,
                             [&](const auto& entry) { return entry.first->text == key; });
}

// Follows dicts, TorchScript modules and pickled ones. The graph may share parts and have circles,
// so the walk counts its steps.
class Walk {
 public:
  explicit Walk(const std::filesystem::path& origin) : origin_(origin.string()) {}

  void visit(const PickleValue& value, const std::string& name, int depth);
  std::map<std::string, Tensor> take() { return std::move(tensors_); }

 private:
  template <typename... Parts>
  void expect(bool condition, const std::string& name, const Parts&... parts) const {
    require(condition, origin_, ": tensor '", name, "': ", parts...);
  }

  void visit_object(const PickleValue& value, const std::string& name, int depth);
  void visit_entries(const PickleValue& dict, const std::string& name, int depth);
  void add_tensor(const PickleValue& value, const std::string& name);
  std::vector<Index> sizes(const PickleValue& value, const std::string& name) const;
  void check_extent(const Tensor& tensor, Index storage_size, const std::string& name) const;

  std::string origin_;
  std::map<std::string, Tensor> tensors_;
  int visits_ = 0;
};

void Walk::visit(const PickleValue& value, const std::string& name, int depth) {
  require(++visits_ <= kMaxVisits && depth <= kMaxDepth && name.size() <= kMaxNameLength, origin_,
          ": hostile pickle: dicts in circles, too deep, or with endless names");
  if (value.made_by("torch._utils _rebuild_tensor_v2")) return add_tensor(value, name);
  const bool parameter = value.made_by("torch._utils _rebuild_parameter") ||
                         value.made_by("torch._utils _rebuild_parameter_with_state");
  if (parameter && !value.arguments->items.empty()) {
    return visit(*value.arguments->items.front(), name, depth + 1);
  }
  if (value.kind == Kind::kObject && value.state != nullptr) visit_object(value, name, depth);
  visit_entries(value, name, depth);
}

void Walk::visit_object(const PickleValue& value, const std::string& name, int depth) {
  const PickleValue& state = *value.state;
  if (has_entry(state, "_modules")) {
    for (const auto& [key, part] : state.entries) {
      if (std::ranges::find(kModuleParts, key->text) != std::end(kModuleParts)) {
        visit(*part, name, depth + 1);
      }
    }
  } else if (value.callable->kind == Kind::kGlobal &&
             value.callable->text.starts_with("__torch__")) {
    visit_entries(state, name, depth);
  }
}

void Walk::visit_entries(const PickleValue& dict, const std::string& name, int depth) {
  for (const auto& [key, value] : dict.entries) {
    const bool usable = key->kind == Kind::kText || key->kind == Kind::kInteger;
    if (!usable || key->text.size() > kMaxNameLength) continue;
    const std::string part = key->kind == Kind::kText ? key->text : std::to_string(key->integer);
    visit(*value, name.empty() ? part : name + "." + part, depth + 1);
  }
}

std::vector<Index> Walk::sizes(const PickleValue& value, const std::string& name) const {
  expect(value.kind == Kind::kSequence && value.items.size() <= 8, name, "malformed shape");
  std::vector<Index> sizes;
  for (const PickleValue* size : value.items) {
    expect(size->kind == Kind::kInteger && size->integer >= 0, name, "malformed shape");
    sizes.push_back(size->integer);
  }
  return sizes;
}

// The last element that the strides reach lies in the storage.
void Walk::check_extent(const Tensor& tensor, Index storage_size, const std::string& name) const {
  const auto size = checked_size(tensor.shape);
  expect(size.has_value(), name, "impossible shape ", shape_text(tensor.shape));
  Index last = tensor.offset;
  bool fits = true;
  for (std::size_t i = 0; i < tensor.shape.size() && *size > 0; ++i) {
    Index step = 0;
    fits = fits && !__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) &&
           !__builtin_add_overflow(last, step, &last);
  }
  expect(*size == 0 || (fits && last < storage_size), name, "shape ", shape_text(tensor.shape),
         " with strides ", shape_text(tensor.strides), " from element ", tensor.offset,
         " leaves its storage of ", storage_size, " elements");
}

// _rebuild_tensor_v2(storage, offset, size, stride, ...) where storage is the persistent id
// ("storage", type, key, device, number of elements). The device does not matter here.
void Walk::add_tensor(const PickleValue& value, const std::string& name) {
  const auto& arguments = value.arguments->items;
  expect(arguments.size() >= 4 && arguments[0]->kind == Kind::kPersistent &&
             arguments[0]->state->kind == Kind::kSequence,
         name, "malformed");
  const auto& id = arguments[0]->state->items;
  expect(id.size() >= 5 && id[1]->kind == Kind::kGlobal && id[2]->kind == Kind::kText &&
             id[4]->kind == Kind::kInteger,
         name, "malformed storage");
  expect(arguments[1]->kind == Kind::kInteger && arguments[1]->integer >= 0, name,
         "malformed offset");
  const auto type = std::find_if(std::begin(kStorageTypes), std::end(kStorageTypes),
                                 [&](const auto& pair) { return id[1]->text == pair.first; });
  if (type == std::end(kStorageTypes)) return;  // complex or quantized numbers: no weight of CLIP
  Tensor tensor{.type = type->second,
                .shape = sizes(*arguments[2], name),
                .strides = sizes(*arguments[3], name),
                .offset = arguments[1]->integer,
                .storage = id[2]->text};
  expect(tensor.shape.size() == tensor.strides.size(), name, "shape ", shape_text(tensor.shape),
         " and strides ", shape_text(tensor.strides));
  check_extent(tensor, id[4]->integer, name);
  require(tensors_.size() < kMaxTensors, origin_, ": more than ", kMaxTensors, " tensors");
  tensors_.emplace(name, std::move(tensor));
}

}  // namespace

std::map<std::string, Tensor> tensors_of(const PickleValue& root,
                                         const std::filesystem::path& origin) {
  Walk walk(origin);
  walk.visit(root, "", 0);
  return walk.take();
}

}  // namespace qprompt

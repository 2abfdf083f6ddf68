#include "python/src/prompt.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/src/arrays.h"
#include "python/src/bindings.h"
#include "qprompt/core/fields.h"
#include "qprompt/prompt/config.h"
#include "qprompt/run/run_folder.h"

namespace nb = nanobind;

namespace qprompt::python {
namespace {

NamedPrompt load(const std::filesystem::path& given) {
  const std::filesystem::path path = prompt_path(given);
  return {load_prompt_file(path), remembered_classes(path)};
}

nb::bytes bytes_of(const NamedPrompt& prompt) {
  const std::vector<std::byte> bytes = to_bytes(prompt.file);
  return nb::bytes(bytes.data(), bytes.size());
}

NamedPrompt from_bytes(const nb::bytes& bytes,
                       std::optional<std::vector<std::string>> class_names) {
  const std::span<const std::byte> content(static_cast<const std::byte*>(bytes.data()),
                                           bytes.size());
  return {prompt_file_from_bytes(content, "a prompt in memory"), std::move(class_names)};
}

nb::dict parameters(const NamedPrompt& prompt) {
  nb::dict dict;
  for (auto& [name, matrix] : values(prompt.file)) dict[name.c_str()] = as_array(Matrix(matrix));
  return dict;
}

}  // namespace

void bind_prompt(nb::module_& module) {
  nb::class_<NamedPrompt>(module, "Prompt")
      .def_static("load", load, nb::arg("path"))
      .def_static("from_bytes", from_bytes, nb::arg("bytes"), nb::arg("class_names").none())
      .def("to_bytes", bytes_of)
      .def(
          "save",
          [](const NamedPrompt& self, const std::filesystem::path& path) {
            save_prompt(self.file, path, self.class_names);
          },
          nb::arg("path"))
      .def_ro("class_names", &NamedPrompt::class_names)
      .def_prop_ro("method",
                   [](const NamedPrompt& self) { return enum_name(method_tag(self.file.method)); })
      .def_prop_ro("temperature", [](const NamedPrompt& self) { return self.file.temperature; })
      .def_prop_ro("payload_bytes", [](const NamedPrompt& self) { return payload_size(self.file); })
      .def_prop_ro("parameters", parameters);
}

}  // namespace qprompt::python

#include <cstdlib>
#include <fstream>

#include "fuzz/fuzz.h"
#include "qprompt/checkpoint/hugging_face_shape.h"
#include "qprompt/checkpoint/open_clip_shape.h"

namespace qprompt::fuzz {
namespace {

std::filesystem::path new_folder() {
  std::string name = "/dev/shm/qprompt-fuzz-XXXXXX";
  require(mkdtemp(name.data()) != nullptr, name, ": cannot create");
  return name;
}

// A model's folder. The input is its configuration and, behind a form feed, that of its pictures.
class ModelFolder {
 public:
  void fill(std::string_view input) const {
    const std::size_t end = std::min(input.find('\f'), input.size());
    for (const char* name : {"config.json", "open_clip_config.json"}) {
      std::ofstream(path_ / name) << input.substr(0, end);
    }
    std::ofstream(path_ / "preprocessor_config.json")
        << input.substr(std::min(end + 1, input.size()));
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ = new_folder();
};

}  // namespace
}  // namespace qprompt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qprompt::fuzz;
  static const ModelFolder folder;
  folder.fill(text_of(data, size));
  answered([&] { qprompt::hugging_face_shape(folder.path()); });
  return answered([&] { qprompt::open_clip_shape(folder.path()); });
}

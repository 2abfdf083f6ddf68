#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qprompt/data/dataset.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::testing {

// A data root of the test's own.
class DataRoot : public ::testing::Test {
 protected:
  std::filesystem::path add(const std::filesystem::path& name,
                            std::string_view content = "not read") const {
    return root.file(name, content);
  }
  Dataset load(const std::filesystem::path& name, DataOptions options = {}) const {
    options.data_root = root.path();
    return load_dataset(name, options);
  }
  std::string refusal(const std::filesystem::path& name, const DataOptions& options = {}) const {
    return error_of([&] { load(name, options); });
  }
  // "label path" with paths below the root.
  std::vector<std::string> texts(const std::vector<Item>& items) const {
    std::vector<std::string> texts;
    for (const Item& item : items) {
      texts.push_back(std::to_string(item.label) + " " +
                      item.image.path().lexically_relative(root.path()).string());
    }
    return texts;
  }

  TemporaryFolder root;
};

}  // namespace qprompt::testing

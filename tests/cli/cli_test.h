#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace qprompt::testing {

// A test of the built program on the demo model and a few of the demo pictures.
class CliTest : public ::testing::Test {
 protected:
  static constexpr int kClasses = 4, kTrainImages = 5, kTestImages = 4;  // images of each class

  explicit CliTest(std::size_t classes = kClasses);

  // With a user cache inside `folder`, and without progress lines unless on a terminal.
  Outcome run(const std::vector<std::string>& arguments, ProgramOptions options = {}) const;
  // The same; a failure of the test unless it succeeds.
  Outcome succeed(const std::vector<std::string>& arguments, ProgramOptions options = {}) const;
  // The line on stderr, without the program's name; a failure of the test unless the program exits
  // 1, its last line is the only error, and nothing is on stdout.
  std::string error_line(const std::vector<std::string>& arguments,
                         ProgramOptions options = {}) const;

  // `train` into `output` with these flags, and 2 epochs, shots and views where they say no other.
  std::vector<std::string> train(const std::string& output,
                                 const std::vector<std::string>& flags = {}) const;
  std::vector<std::string> evaluate(const std::vector<std::string>& flags) const;
  std::vector<std::string> classify(const std::vector<std::string>& flags) const;

  std::string path(const std::string& name) const { return (folder / name).string(); }
  // A picture of the first class's test images.
  std::filesystem::path picture() const;
  std::filesystem::path class_folder(const std::string& subset, int number) const;

  TemporaryFolder folder;
  std::string model, data;
  std::vector<std::string> class_names;
};

nlohmann::json json_file(const std::filesystem::path& path);

// Paths of everything in `folder`, relative to it and sorted.
std::vector<std::string> listing(const std::filesystem::path& folder);

}  // namespace qprompt::testing

#include "tests/cli/cli_test.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"

namespace qprompt::testing {
namespace {

namespace fs = std::filesystem;

bool is_subset(const std::string& name) {
  return name == "train" || name == "val" || name == "test";
}

// Pictures of each class, however the demo's folders stand.
std::map<std::string, std::vector<fs::path>> demo_pictures(const fs::path& folder) {
  std::map<std::string, std::vector<fs::path>> pictures;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    fs::path class_folder = entry.path().parent_path();
    if (is_subset(class_folder.filename().string())) class_folder = class_folder.parent_path();
    pictures[class_folder.filename().string()].push_back(entry.path());
  }
  for (auto& [name, paths] : pictures) std::ranges::sort(paths);
  return pictures;
}

std::vector<std::string> joined(std::vector<std::string> words,
                                const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

CliTest::CliTest(std::size_t classes) {
  const fs::path demo = fs::path(QPROMPT_SOURCE_DIR) / "assets" / "demo";
  model = (demo / "model").string();
  data = path("data");
  for (const auto& [name, pictures] : demo_pictures(demo / "pictures")) {
    if (class_names.size() == classes) break;
    require(pictures.size() >= kTrainImages + kTestImages, name, ": too few demo pictures");
    for (int i = 0; i < kTrainImages + kTestImages; ++i) {
      const fs::path to = fs::path(data) / (i < kTrainImages ? "train" : "test") / name;
      fs::create_directories(to);
      fs::copy_file(pictures[i], to / (std::to_string(i) + pictures[i].extension().string()));
    }
    class_names.push_back(name);
  }
}

Outcome CliTest::run(const std::vector<std::string>& arguments, ProgramOptions options) const {
  options.environment.emplace("XDG_CACHE_HOME", path("user-cache"));
  // On a slow day progress lines would stand among what is looked for.
  return run_program(options.terminal ? arguments : joined(arguments, {"--quiet"}), options);
}

Outcome CliTest::succeed(const std::vector<std::string>& arguments, ProgramOptions options) const {
  Outcome outcome = run(arguments, std::move(options));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome;
}

std::string CliTest::error_line(const std::vector<std::string>& arguments,
                                ProgramOptions options) const {
  const Outcome outcome = run(arguments, std::move(options));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, ::testing::EndsWith("\n"));
  std::istringstream lines(outcome.err);
  std::string line, error;
  int errors = 0;
  while (std::getline(lines, line)) {
    if (!line.starts_with("qprompt: ")) continue;  // what was understood before
    ++errors;
    error = line;
  }
  EXPECT_EQ(errors, 1) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with(error + "\n")) << outcome.err;
  return error;
}

std::vector<std::string> CliTest::train(const std::string& output,
                                        const std::vector<std::string>& flags) const {
  std::vector<std::string> words{"train", "--model", model, "--data", data, "--output", output};
  for (const std::string flag : {"--epochs", "--shots", "--views"}) {
    if (std::ranges::count(flags, flag) == 0) words = joined(std::move(words), {flag, "2"});
  }
  return joined(std::move(words), flags);
}

std::vector<std::string> CliTest::evaluate(const std::vector<std::string>& flags) const {
  return joined({"evaluate", "--model", model, "--data", data}, flags);
}

std::vector<std::string> CliTest::classify(const std::vector<std::string>& flags) const {
  return joined({"classify", "--model", model}, flags);
}

fs::path CliTest::class_folder(const std::string& subset, int number) const {
  return fs::path(data) / subset / class_names.at(number);
}

fs::path CliTest::picture() const {
  const fs::path of_class = class_folder("test", 0);
  return of_class / listing(of_class).front();
}

nlohmann::json json_file(const fs::path& path) { return nlohmann::json::parse(read_text(path)); }

std::vector<std::string> listing(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    names.push_back(entry.path().lexically_relative(folder).string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace qprompt::testing

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "qprompt/core/json.h"
#include "qprompt/data/benchmark.h"
#include "qprompt/data/few_shot.h"
#include "tests/support/goldens.h"

namespace qprompt {
namespace {

namespace fs = std::filesystem;

// The positions of `sampled` in the split file's list. Its paths are all different.
std::vector<std::size_t> positions(const std::vector<Item>& sampled, const std::vector<Item>& all) {
  std::map<fs::path, std::size_t> position_of;
  for (const Item& item : all) position_of.emplace(item.image.path(), position_of.size());
  std::vector<std::size_t> positions;
  for (const Item& item : sampled) positions.push_back(position_of.at(item.image.path()));
  return positions;
}

void expect_published_subset(const fs::path& file, const Dataset& dataset, int shots, int seed) {
  SCOPED_TRACE(file);
  const nlohmann::json published = read_json(file);
  const Dataset sampled = few_shot(dataset, shots, seed).dataset;
  EXPECT_EQ(positions(sampled.train, dataset.train), published.at("train"));
  EXPECT_EQ(positions(sampled.val, dataset.val), published.at("val"));
}

// The goldens' folders are called as CoOp calls the data sets.
TEST(Reference, PublishedNumbersAreThoseOfThePublishedSplits) {
  for (const auto& folder : fs::directory_iterator(testing::goldens_folder() / "fewshot")) {
    const std::string name = folder.path().filename().string();
    SCOPED_TRACE(name);
    const Benchmark* benchmark = find_benchmark(name);
    ASSERT_NE(benchmark, nullptr);
    const Dataset dataset = load_dataset(folder.path(), {.split = folder.path() / "split.json"});
    EXPECT_EQ(sizes_of(dataset), benchmark->sizes);
    EXPECT_EQ(dataset.class_names.size(), benchmark->classes);
    EXPECT_EQ(dataset.class_names.front(), benchmark->first_class);
  }
}

TEST(Reference, FewShotSplitsAreThePublishedOnes) {
  const fs::path folder = testing::goldens_folder();
  int compared = 0;
  for (const auto& dataset_folder : fs::directory_iterator(folder / "fewshot")) {
    const Dataset dataset =
        load_dataset(dataset_folder.path(), {.split = dataset_folder.path() / "split.json"});
    for (const auto& entry : fs::directory_iterator(dataset_folder)) {
      int shots = 0, seed = 0;
      const std::string name = entry.path().filename().string();
      if (std::sscanf(name.c_str(), "shot_%d-seed_%d.json", &shots, &seed) != 2) continue;
      expect_published_subset(entry.path(), dataset, shots, seed);
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace qprompt

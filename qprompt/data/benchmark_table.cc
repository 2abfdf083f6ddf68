#include <algorithm>
#include <array>
#include <cctype>

#include "qprompt/core/nearest.h"
#include "qprompt/data/benchmark_readers.h"

namespace qprompt {
namespace {

using Layout = BenchmarkLayout;

constexpr std::string_view kPhoto = "a photo of a {}.";

// clang-format off
constexpr Benchmark kBenchmarks[] = {
    // name, layout, folder, images, label 0, template, classes, images, splits are elsewhere too
    {"ImageNet", Layout::kImageNet, "imagenet", "images",
     "tench", kPhoto, 1000, {1281167, 50000, 50000}},
    {"Caltech101", Layout::kSplitFile, "caltech-101", "101_ObjectCategories",
     "face", kPhoto, 100, {4128, 1649, 2465}, true},
    {"OxfordPets", Layout::kSplitFile, "oxford_pets", "images",
     "abyssinian", "a photo of a {}, a type of pet.", 37, {2944, 736, 3669}, true},
    {"StanfordCars", Layout::kSplitFile, "stanford_cars", "",
     "2000 AM General Hummer SUV", kPhoto, 196, {6509, 1635, 8041}, true},
    {"OxfordFlowers", Layout::kSplitFile, "oxford_flowers", "jpg",
     "pink primrose", "a photo of a {}, a type of flower.", 102, {4093, 1633, 2463}, true, "Flowers102"},
    {"Food101", Layout::kSplitFile, "food-101", "images",
     "apple pie", "a photo of {}, a type of food.", 101, {50500, 20200, 30300}},
    {"FGVCAircraft", Layout::kVariantLists, "fgvc_aircraft", "images",
     "707-320", "a photo of a {}, a type of aircraft.", 100, {3334, 3333, 3333}},
    {"SUN397", Layout::kSplitFile, "sun397", "SUN397",
     "abbey", kPhoto, 397, {15880, 3970, 19850}},
    {"DescribableTextures", Layout::kSplitFile, "dtd", "images",
     "banded", "{} texture.", 47, {2820, 1128, 1692}, true},
    {"EuroSAT", Layout::kSplitFile, "eurosat", "2750",
     "Annual Crop Land", "a centered satellite photo of {}.", 10, {13500, 5400, 8100}, true},
    {"UCF101", Layout::kSplitFile, "ucf101", "UCF-101-midframes",
     "Apply Eye Makeup", "a photo of a person doing {}.", 101, {7639, 1898, 3783}, true},
    {"ImageNetV2", Layout::kNumberedFolders, "imagenetv2", "imagenetv2-matched-frequency-format-val",
     "tench", kPhoto, 1000, {0, 0, 10000}},
    {"ImageNetSketch", Layout::kWordNetFolders, "imagenet-sketch", "images",
     "tench", kPhoto, 1000, {0, 0, 50889}},
    {"ImageNetA", Layout::kWordNetFolders, "imagenet-adversarial", "imagenet-a",
     "stingray", kPhoto, 200, {0, 0, 7500}},
    {"ImageNetR", Layout::kWordNetFolders, "imagenet-rendition", "imagenet-r",
     "goldfish", kPhoto, 200, {0, 0, 30000}},
};
// clang-format on

// "oxford_pets" and "OxfordPets" are one name.
std::string key_of(std::string_view name) {
  std::string key;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return key;
}

std::array<std::string, 3> keys_of(const Benchmark& benchmark) {
  return {key_of(benchmark.name), key_of(benchmark.alias), key_of(benchmark.folder)};
}

}  // namespace

std::span<const Benchmark> benchmarks() { return kBenchmarks; }

const Benchmark* find_benchmark(std::string_view name) {
  const std::string key = key_of(name);
  if (key.empty()) return nullptr;
  const auto found = std::ranges::find_if(kBenchmarks, [&](const Benchmark& each) {
    const auto keys = keys_of(each);
    return std::ranges::find(keys, key) != keys.end();
  });
  return found == std::end(kBenchmarks) ? nullptr : &*found;
}

std::string nearest_benchmark(std::string_view name) {
  constexpr std::size_t kShortest = 4;  // any word is near to a shorter one
  std::vector<std::string> keys;
  for (const Benchmark& each : kBenchmarks) {
    for (const std::string& key : keys_of(each)) {
      if (key.size() >= kShortest) keys.push_back(key);
    }
  }
  const Benchmark* found = find_benchmark(nearest(key_of(name), keys));
  return found == nullptr ? "" : std::string(found->name);
}

}  // namespace qprompt

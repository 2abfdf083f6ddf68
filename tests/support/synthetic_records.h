#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace qprompt::testing {

struct SyntheticTarget {
  std::string name, dataset;
  double accuracy = 0.5;  // nearly: of 200 images
};

// A run of which only this is said; all else is made up, the same every time.
struct SyntheticRun {
  std::string experiment = "base-to-new", method = "coop", dataset = "Caltech101";
  std::map<std::string, std::string> varied{};
  std::vector<SyntheticTarget> targets{{"base", "Caltech101", 0.6}, {"new", "Caltech101", 0.4}};
  int shots = 16;
  std::uint64_t seed = 1;
  std::int64_t payload_bytes = 4096;
  std::string version = "0.3.0";
  bool has_training = false;  // epochs with targets and weights, and divergences
};

// run.json's content, whole and right.
nlohmann::ordered_json synthetic_record(const SyntheticRun& run);

// Below `folder`, as a folder of its own.
std::filesystem::path write_record(const std::filesystem::path& folder,
                                   const nlohmann::ordered_json& record);

// Records of every kind of experiment, a hundred and more.
void write_many_records(const std::filesystem::path& folder);

}  // namespace qprompt::testing

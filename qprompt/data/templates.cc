#include "qprompt/data/templates.h"

#include <array>
#include <filesystem>

#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "qprompt/data/benchmark.h"

namespace qprompt {
namespace {

// CLIP's "Prompt Engineering for ImageNet" (Radford et al., 2021): the subset that its authors
// found best together, and all of them.
constexpr std::array kImageNet7{"itap of a {}.",           "a bad photo of the {}.",
                                "a origami {}.",           "a photo of the large {}.",
                                "a {} in a video game.",   "art of the {}.",
                                "a photo of the small {}."};

constexpr std::array kImageNet80{
    "a bad photo of a {}.",
    "a photo of many {}.",
    "a sculpture of a {}.",
    "a photo of the hard to see {}.",
    "a low resolution photo of the {}.",
    "a rendering of a {}.",
    "graffiti of a {}.",
    "a bad photo of the {}.",
    "a cropped photo of the {}.",
    "a tattoo of a {}.",
    "the embroidered {}.",
    "a photo of a hard to see {}.",
    "a bright photo of a {}.",
    "a photo of a clean {}.",
    "a photo of a dirty {}.",
    "a dark photo of the {}.",
    "a drawing of a {}.",
    "a photo of my {}.",
    "the plastic {}.",
    "a photo of the cool {}.",
    "a close-up photo of a {}.",
    "a black and white photo of the {}.",
    "a painting of the {}.",
    "a painting of a {}.",
    "a pixelated photo of the {}.",
    "a sculpture of the {}.",
    "a bright photo of the {}.",
    "a cropped photo of a {}.",
    "a plastic {}.",
    "a photo of the dirty {}.",
    "a jpeg corrupted photo of a {}.",
    "a blurry photo of the {}.",
    "a photo of the {}.",
    "a good photo of the {}.",
    "a rendering of the {}.",
    "a {} in a video game.",
    "a photo of one {}.",
    "a doodle of a {}.",
    "a close-up photo of the {}.",
    "a photo of a {}.",
    "the origami {}.",
    "the {} in a video game.",
    "a sketch of a {}.",
    "a doodle of the {}.",
    "a origami {}.",
    "a low resolution photo of a {}.",
    "the toy {}.",
    "a rendition of the {}.",
    "a photo of the clean {}.",
    "a photo of a large {}.",
    "a rendition of a {}.",
    "a photo of a nice {}.",
    "a photo of a weird {}.",
    "a blurry photo of a {}.",
    "a cartoon {}.",
    "art of a {}.",
    "a sketch of the {}.",
    "a embroidered {}.",
    "a pixelated photo of a {}.",
    "itap of the {}.",
    "a jpeg corrupted photo of the {}.",
    "a good photo of a {}.",
    "a plushie {}.",
    "a photo of the nice {}.",
    "a photo of the small {}.",
    "a photo of the weird {}.",
    "the cartoon {}.",
    "art of the {}.",
    "a drawing of the {}.",
    "a photo of the large {}.",
    "a black and white photo of a {}.",
    "the plushie {}.",
    "a dark photo of a {}.",
    "itap of a {}.",
    "graffiti of the {}.",
    "a toy {}.",
    "itap of my {}.",
    "a photo of a cool {}.",
    "a photo of a small {}.",
    "a tattoo of the {}.",
};

std::string template_of_dataset(const std::string& name) {
  if (const Benchmark* known = find_benchmark(name)) return std::string(known->sentence);
  std::string names;
  for (const Benchmark& each : benchmarks()) {
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  }
  fail("template 'dataset': no published sentence for '", name, "', only for ", names);
}

std::vector<std::string> read_templates(const std::string& path) {
  std::vector<std::string> templates;
  for (const std::string& line : read_lines(path)) {
    if (line.empty()) continue;
    require(line.find("{}") != std::string::npos, path, ": the template '", line,
            "' has no {} for the class name");
    templates.push_back(line);
  }
  require(!templates.empty(), path, ": no templates, expected one a line");
  return templates;
}

}  // namespace

std::vector<std::string> templates_of(const std::string& given) {
  if (given == "imagenet-7") return {kImageNet7.begin(), kImageNet7.end()};
  if (given == "imagenet-80") return {kImageNet80.begin(), kImageNet80.end()};
  if (given.find("{}") != std::string::npos) return {given};
  require(std::filesystem::is_regular_file(given), "template '", given,
          "': expected a sentence with {} for the class name, imagenet-7, imagenet-80 or a file");
  return read_templates(given);
}

std::vector<std::string> templates_of(const std::vector<std::string>& given) {
  std::vector<std::string> all;
  for (const std::string& each : given) {
    const std::vector<std::string> templates = templates_of(each);
    all.insert(all.end(), templates.begin(), templates.end());
  }
  return all;
}

std::vector<std::string> templates_for(const std::vector<std::string>& given,
                                       const std::string& dataset) {
  std::vector<std::string> sentences = given;
  for (std::string& each : sentences) {
    if (each == "dataset") each = template_of_dataset(dataset);
  }
  return templates_of(sentences);
}

}  // namespace qprompt
